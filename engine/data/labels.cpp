// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/labels.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace rosa::data {

std::optional<std::int64_t> wholeNumber(std::string_view label) {
  constexpr double kExact = 9007199254740992;  // 2^53: beyond it doubles of different digits are equal
  if (label.starts_with('+') && !label.starts_with("+-")) label.remove_prefix(1);
  const char* const labelEnd = label.data() + label.size();
  std::int64_t whole = 0;
  if (const auto [end, problem] = std::from_chars(label.data(), labelEnd, whole);
      problem == std::errc() && end == labelEnd) {
    return whole;
  }
  double value = 0;
  const auto [end, problem] = std::from_chars(label.data(), labelEnd, value);
  if (problem != std::errc() || end != labelEnd || !(std::abs(value) <= kExact) || value != std::floor(value)) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(value);
}

LabelMap::LabelMap(std::vector<std::string> names) : names_(std::move(names)) {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    indices_.emplace(names_[i], static_cast<std::int64_t>(i));
    if (const auto number = wholeNumber(names_[i])) numbers_.emplace(*number, static_cast<std::int64_t>(i));
  }
  if (numbers_.size() != names_.size()) numbers_.clear();
}

LabelMap LabelMap::fromLabels(const std::vector<std::string>& labels) {
  const std::set<std::string> distinct(labels.begin(), labels.end());
  std::vector<std::string> names;
  if (std::ranges::all_of(distinct, [](const std::string& label) { return wholeNumber(label).has_value(); })) {
    std::set<std::int64_t> numbers;
    for (const auto& label : distinct) numbers.insert(*wholeNumber(label));
    for (const auto number : numbers) names.push_back(std::to_string(number));
  } else {
    names.assign(distinct.begin(), distinct.end());
  }
  return LabelMap(std::move(names));
}

std::optional<std::int64_t> LabelMap::indexOf(std::string_view label) const {
  if (const auto found = indices_.find(label); found != indices_.end()) return found->second;
  const auto number = wholeNumber(label);
  if (!number) return std::nullopt;
  if (const auto equal = numbers_.find(*number); equal != numbers_.end()) return equal->second;
  const auto unnamed = indices_.find("LABEL_" + std::to_string(*number));
  return unnamed == indices_.end() ? std::nullopt : std::optional(unnamed->second);
}

bool LabelMap::unnamed() const {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (names_[i] != "LABEL_" + std::to_string(i)) return false;
  }
  return true;
}

}  // namespace rosa::data
