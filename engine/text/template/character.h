// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

/// Characters as Python's str methods see them. Pure functions.
namespace rosa::text::jinja {

/// str.isspace() of one character; also what \s matches and what strip() and split() take away.
[[nodiscard]] bool isSpace(char32_t c);
/// Where str.splitlines() breaks.
[[nodiscard]] bool isLineEnd(char32_t c);
/// What repr() writes as it is.
[[nodiscard]] bool isPrintable(char32_t c);
[[nodiscard]] bool isAlpha(char32_t c);
[[nodiscard]] bool isDecimal(char32_t c);
[[nodiscard]] bool isDigit(char32_t c);
[[nodiscard]] bool isNumericCharacter(char32_t c);
[[nodiscard]] bool isAlnum(char32_t c);
[[nodiscard]] bool isUpper(char32_t c);
[[nodiscard]] bool isLower(char32_t c);
[[nodiscard]] bool isTitle(char32_t c);
[[nodiscard]] bool isCased(char32_t c);
/// The value of a decimal digit of any script, -1 for other characters.
[[nodiscard]] int decimalValue(char32_t c);

/// Full case mappings (ß becomes SS); lower knows the final sigma.
[[nodiscard]] std::string upper(std::string_view utf8);
[[nodiscard]] std::string lower(std::string_view utf8);
[[nodiscard]] std::string title(std::string_view utf8);
[[nodiscard]] std::string capitalized(std::string_view utf8);
[[nodiscard]] std::string swappedCase(std::string_view utf8);
[[nodiscard]] std::string caseFolded(std::string_view utf8);

}  // namespace rosa::text::jinja
