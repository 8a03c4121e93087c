// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/example_sink.h"
#include "data/examples.h"
#include "data/text_encoder.h"
#include "rosa/expected.h"

namespace rosa::data {

/// A text's tokens without the special ones that the tokenizer puts around it, and these.
struct FramedText {
  std::vector<std::int32_t> before, after;
  std::span<const std::int32_t> text;
};
/// `encoded` must outlive what is given back.
[[nodiscard]] FramedText unframed(const EncodedText& encoded, const TextEncoder& encoder);

/// How the tokens of a text file are divided into examples.
struct TextBlocks {
  std::vector<std::int32_t> before, after;  ///< special tokens around each block
  std::size_t room = 1;                     ///< tokens of the text in a block
  std::size_t fewest = 1;                   ///< in the last block, which is left out where it has fewer

  [[nodiscard]] std::size_t frameSize() const { return before.size() + after.size(); }
  [[nodiscard]] std::size_t rest(std::size_t tokens) const { return tokens % room >= fewest ? tokens % room : 0; }
};
/// Special tokens stand around each block where tokens are to be hidden; otherwise around the whole text, as a part of
/// what is divided. Refuses a max-length without room for text.
[[nodiscard]] Expected<TextBlocks> textBlocksOf(const FramedText& frame, const ExampleSpec& spec);

/// Makes the examples of texts whose tokens come bit by bit.
class BlockCutter {
 public:
  BlockCutter(const ExampleSpec& spec, const TextEncoder& encoder, ExampleSink& sink)
      : spec_(spec), encoder_(encoder), sink_(sink) {}

  /// A text begins.
  [[nodiscard]] Status begin(const FramedText& frame);
  [[nodiscard]] Status take(std::span<const std::int32_t> tokens);
  [[nodiscard]] Status end();
  /// Whether there is an example.
  [[nodiscard]] bool any() const { return any_; }

 private:
  [[nodiscard]] Status add(std::span<const std::int32_t> block);

  const ExampleSpec& spec_;
  const TextEncoder& encoder_;
  ExampleSink& sink_;
  TextBlocks blocks_;
  std::vector<std::int32_t> atEnd_;    ///< of the whole text
  std::vector<std::int32_t> waiting_;  ///< fewer than a block
  bool any_ = false;
};

}  // namespace rosa::data
