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

bool isHangulVowelOrFinal(char32_t c) {
  return (c >= 0x1160 && c <= 0x11FF) || (c >= 0xD7B0 && c <= 0xD7FF);
}

/// Which code points of the Basic Multilingual Plane are composed as they stand whatever stands beside them: starters
/// with no other form that are the second of no composition (Unicode's NFC_Quick_Check=Yes).
const std::vector<bool>& stableInNfc() {
  static const auto kStable = [] {
    constexpr char32_t kPlane = 0x10000;
    std::vector<bool> stable(kPlane);
    std::vector<char32_t> seconds;
    for (char32_t c = 0; c < kPlane; ++c) {
      if (c >= 0xD800 && c <= 0xDFFF) continue;
      const auto parts = decomposed(c, false);
      if (parts.size() > 1) seconds.push_back(parts.back());
      std::vector<Change> changes;
      for (const char32_t part : parts) changes.push_back({part, 0});
      const auto whole = composedText(changes);
      stable[c] = whole.size() == 1 && whole[0].value == c && combiningClass(c) == 0 && !isHangulVowelOrFinal(c);
    }
    for (const char32_t c : seconds) {
      if (c < kPlane) stable[c] = false;
    }
    return stable;
  }();
  return kStable;
}

bool isStable(const AlignedChar& c) {
  constexpr char32_t kFirstMark = 0x300;  // what lies below is stable
  return c.value < kFirstMark || (c.value < stableInNfc().size() && stableInNfc()[c.value]);
}

void anyForm(AlignedText& text, bool compatibility, bool composing) {
  auto changes = decomposedText(text, compatibility);
  if (composing) changes = composedText(changes);
  applyChanges(text, changes);
}

/// Composes the parts that are not stable, each with the character before it.
void composeParts(AlignedText& text) {
  AlignedText result;
  auto done = text.begin();
  for (auto first = std::find_if_not(text.begin(), text.end(), isStable); first != text.end();) {
    const auto begin = first == text.begin() ? first : first - 1;
    const auto end = std::find_if(first, text.end(), isStable);
    result.insert(result.end(), done, begin);
    AlignedText part(begin, end);
    anyForm(part, false, true);
    result.insert(result.end(), part.begin(), part.end());
    done = end;
    first = std::find_if_not(end, text.end(), isStable);
  }
  if (done == text.begin()) return;
  result.insert(result.end(), done, text.end());
  text = std::move(result);
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
  if (composing && !compatibility) return composeParts(text);
  anyForm(text, compatibility, composing);
}

}  // namespace rosa::text
