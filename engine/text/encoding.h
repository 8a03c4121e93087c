// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rosa::text {

/// One token of a text: its id and which code points [begin, end) of the original it stands for.
struct Token {
  std::int32_t id = 0;
  std::int32_t begin = 0, end = 0;
};

/// Where a text may be divided into parts whose tokens, one after the other, are those of the whole.
enum class Seam {
  None,
  BehindBreak,   ///< behind a line break: nothing that follows depends on what stands before
  BetweenWords,  ///< before a line break between two words, blanks aside: what follows has to be shown those before
};
/// Bytes that a part has to be shown of the text behind a seam, and before one between words: these, or all there are.
inline constexpr std::size_t kShownAtSeam = 1024;

/// A text or a pair in tokens; all vectors have the same length.
struct Encoding {
  std::vector<Token> tokens;
  std::vector<std::int32_t> typeIds;  ///< 0 for the first text, 1 for the second, as the tokenizer frames them
  std::vector<bool> special;          ///< added by the frame, in no text; its token's range is empty
  bool truncated = false;
};

}  // namespace rosa::text
