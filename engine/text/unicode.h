// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// The Unicode properties that tokenizers ask for, as the tokenizers library answers. Pure functions, callable from any
/// thread.
namespace rosa::text {

/// Code points of UTF-8; each maximal part of a malformed sequence becomes one U+FFFD.
[[nodiscard]] std::u32string codePoints(std::string_view utf8);
/// Bytes of a code point in UTF-8.
[[nodiscard]] constexpr std::size_t utf8Length(char32_t c) {
  return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}
void appendUtf8(std::string& text, char32_t codePoint);
/// Whether a byte of well-formed UTF-8 goes on with a character.
[[nodiscard]] constexpr bool isInsideCharacter(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}
/// Where the first character begins that begins at `at` or behind it, in well-formed UTF-8.
[[nodiscard]] std::size_t characterFrom(std::string_view utf8, std::size_t at);
/// Code points of well-formed UTF-8.
[[nodiscard]] std::size_t countCodePoints(std::string_view utf8);
[[nodiscard]] std::string toUtf8(std::u32string_view codePoints);

/// White_Space of the Unicode character database.
[[nodiscard]] bool isWhiteSpace(char32_t c);
/// Any P* category, or an ASCII symbol such as '+', as BERT counts them.
[[nodiscard]] bool isPunctuation(char32_t c);
/// General categories Cc, Cf, Co.
[[nodiscard]] bool isControl(char32_t c);
/// General category Mn.
[[nodiscard]] bool isNonspacingMark(char32_t c);
/// Any M* category.
[[nodiscard]] bool isCombiningMark(char32_t c);
/// Any N* category.
[[nodiscard]] bool isNumeric(char32_t c);
/// A letter, digit, mark, connector or joiner: what \w matches (UTS 18).
[[nodiscard]] bool isWordCharacter(char32_t c);
/// The CJK blocks that BERT sets apart as words.
[[nodiscard]] bool isChinese(char32_t c);

/// Lower case, possibly several code points (İ).
[[nodiscard]] std::u32string lowered(char32_t c);
/// Full canonical or compatibility decomposition of one code point.
[[nodiscard]] std::u32string decomposed(char32_t c, bool compatibility);
/// The canonical composition of two code points, 0 if there is none.
[[nodiscard]] char32_t composed(char32_t first, char32_t second);
[[nodiscard]] int combiningClass(char32_t c);
/// Whether a user sees two characters where these two code points stand side by side (extended grapheme clusters,
/// UAX 29). `state` is 0 at the beginning of a text and is handed on from pair to pair.
[[nodiscard]] bool breaksGrapheme(char32_t first, char32_t second, int& state);

}  // namespace rosa::text
