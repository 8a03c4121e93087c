// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/labels.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace rosa::data {
namespace {

/// The value of a whole number in its usual spelling ("7", "-1", but not "07" or "+7").
std::optional<std::int64_t> wholeNumber(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || std::to_string(value) != text) return std::nullopt;
  return value;
}

}  // namespace

LabelMap::LabelMap(std::vector<std::string> names) : names_(std::move(names)) {
  for (std::size_t i = 0; i < names_.size(); ++i) indices_.emplace(names_[i], static_cast<std::int64_t>(i));
}

LabelMap LabelMap::fromLabels(const std::vector<std::string>& labels) {
  const std::set<std::string> distinct(labels.begin(), labels.end());
  std::vector<std::string> names(distinct.begin(), distinct.end());
  if (std::ranges::all_of(names, [](const std::string& name) { return wholeNumber(name).has_value(); })) {
    std::ranges::sort(names, {}, [](const std::string& name) { return *wholeNumber(name); });
  }
  return LabelMap(std::move(names));
}

std::optional<std::int64_t> LabelMap::indexOf(std::string_view label) const {
  if (const auto found = indices_.find(label); found != indices_.end()) return found->second;
  if (!wholeNumber(label)) return std::nullopt;
  const auto unnamed = indices_.find("LABEL_" + std::string(label));
  return unnamed == indices_.end() ? std::nullopt : std::optional(unnamed->second);
}

}  // namespace rosa::data
