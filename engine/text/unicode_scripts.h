// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace rosa::text {

inline constexpr int kAnyScript = 0;

/// A number for the script of a code point by Unicode 9, which SentencePiece has; Hiragana and Katakana count as Han.
/// kAnyScript for code points that Unicode 9 has not assigned.
[[nodiscard]] int scriptOf(char32_t c);

}  // namespace rosa::text
