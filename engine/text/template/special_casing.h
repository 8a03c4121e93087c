// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string_view>

/// Parts of the Unicode character database 14.0 that utf8proc does not hand out, in the order of their characters.
namespace rosa::text::jinja {

struct CaseMapping {
  char32_t from;
  std::u32string_view to;
};
struct CharacterRange {
  char32_t first, last;
};

/// Upper case of several characters.
[[nodiscard]] std::span<const CaseMapping> longUpperCases();
/// Title case where it is not the upper case.
[[nodiscard]] std::span<const CaseMapping> otherTitleCases();
/// Digits that are no decimal digits: superscripts, circled digits.
[[nodiscard]] std::span<const CharacterRange> otherDigits();
/// Numbers of no number category: those of the Chinese script.
[[nodiscard]] std::span<const CharacterRange> numberIdeographs();
/// Other_Lowercase and Other_Uppercase.
[[nodiscard]] std::span<const CharacterRange> otherLowerCase();
[[nodiscard]] std::span<const CharacterRange> otherUpperCase();

}  // namespace rosa::text::jinja
