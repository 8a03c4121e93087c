// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// The little of UTF-8 that reading data needs. Pure functions.
namespace rosa::data {

/// True for well-formed UTF-8 (RFC 3629): no overlong form, no surrogate, nothing above U+10FFFF.
[[nodiscard]] bool isUtf8(std::string_view bytes);

/// Number of code points of well-formed UTF-8; tokenizers count their offsets in these.
[[nodiscard]] std::int64_t codePoints(std::string_view utf8);

/// Appends one code point. A lone surrogate is written in the same three-byte way, which `isUtf8` refuses.
void appendUtf8(std::string& out, char32_t codePoint);

}  // namespace rosa::data
