// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/examples.h"
#include "data/text_encoder.h"
#include "rosa/expected.h"

namespace rosa::data {

/// How the tokens of a text file are divided into examples.
struct TextBlocks {
  std::vector<std::int32_t> before, after;  ///< special tokens around each block
  std::span<const std::int32_t> text;       ///< what is divided
  std::size_t room = 1;                     ///< tokens of the text in a block
  std::size_t fewest = 1;                   ///< in the last block, which is left out where it has fewer

  [[nodiscard]] std::size_t frame() const { return before.size() + after.size(); }
  [[nodiscard]] std::size_t rest(std::size_t tokens) const { return tokens % room >= fewest ? tokens % room : 0; }
};

/// `encoded` is a whole text, and must outlive what is given back. Refuses a max-length without room for text.
[[nodiscard]] Expected<TextBlocks> textBlocksOf(const EncodedText& encoded, const ExampleSpec& spec,
                                                const TextEncoder& encoder);

}  // namespace rosa::data
