// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/normal_form.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace rosa::text {
namespace {

/// The full decomposition in canonical order: marks between two starters are sorted by class, stably (Unicode, D109).
std::vector<Change> decomposedText(const AlignedText& text, bool compatibility) {
  std::vector<Change> result;
  result.reserve(text.size());
  for (const auto& c : text) {
    int change = 0;
    for (const char32_t value : decomposed(c.value, compatibility)) {
      result.push_back({value, change});
      change = 1;
    }
  }
  const auto starts = [](const Change& c) { return combiningClass(c.value) == 0; };
  for (auto first = std::find_if_not(result.begin(), result.end(), starts); first != result.end();) {
    const auto last = std::find_if(first, result.end(), starts);
    std::stable_sort(first, last, [](const Change& a, const Change& b) {
      return combiningClass(a.value) < combiningClass(b.value);
    });
    first = std::find_if_not(last, result.end(), starts);
  }
  return result;
}

/// The canonical composition algorithm (Unicode, D117) on a decomposed text.
std::vector<Change> composedText(const std::vector<Change>& text) {
  std::vector<Change> result;
  result.reserve(text.size());
  std::ptrdiff_t starter = -1;
  int lastClass = -1;  // of the marks kept since the starter; -1 = none
  for (const auto& c : text) {
    const int own = combiningClass(c.value);
    if (starter >= 0 && lastClass < own) {
      auto& base = result[static_cast<std::size_t>(starter)];
      if (const char32_t joined = composed(base.value, c.value); joined != 0) {
        base.value = joined;
        base.change += c.change - 1;
        continue;
      }
    }
    if (own == 0) {
      starter = static_cast<std::ptrdiff_t>(result.size());
      lastClass = -1;
    } else {
      lastClass = own;
    }
    result.push_back(c);
  }
  return result;
}

}  // namespace

void applyChanges(AlignedText& text, const std::vector<Change>& changes) {
  AlignedText result;
  result.reserve(changes.size());
  std::size_t next = 0;
  for (const auto& [value, change] : changes) {
    if (change > 0 && next == 0) {  // nothing of the text stands before it
      result.push_back({value, text.front().begin, text.front().begin});
      continue;
    }
    const auto place = std::min(change > 0 ? next - 1 : next, text.size() - 1);
    result.push_back({value, text[place].begin, text[place].end});
    if (change <= 0) next += 1 + static_cast<std::size_t>(-change);
  }
  text = std::move(result);
}

void normalForm(AlignedText& text, bool compatibility, bool composing) {
  auto changes = decomposedText(text, compatibility);
  if (composing) changes = composedText(changes);
  applyChanges(text, changes);
}

}  // namespace rosa::text
