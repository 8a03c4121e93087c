// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "text/encoding.h"

namespace rosa::text {
class ChatTemplate;
}

namespace rosa::data {

/// A text cut into a model's tokens.
struct EncodedText {
  std::vector<std::int32_t> ids;         ///< special tokens included
  std::vector<std::int32_t> segmentIds;  ///< BERT's token types; empty = all 0
  /// Where each token's part of the text ends, in code points from the beginning; 0 for special tokens that were added.
  /// Filled for a single text.
  std::vector<std::int64_t> ends;
  bool truncated = false;
};

/// What making examples asks of a tokenizer.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;

  /// The whole text, with the special tokens that the tokenizer puts around a single one.
  [[nodiscard]] virtual EncodedText encode(std::string_view text) const = 0;

  /// Where a text can be divided into parts.
  [[nodiscard]] virtual text::Seam seam() const { return text::Seam::None; }
  /// The tokens of bytes [begin, end) of a text, with no special ones around them; what stands before `begin`, which is
  /// a seam or the text's beginning, is only shown. None where `end` is not a seam for certain, as far as what is shown
  /// behind it tells.
  [[nodiscard]] virtual std::optional<EncodedText> encodePart(std::string_view /*text*/, std::size_t /*begin*/,
                                                              std::size_t /*end*/) const {
    return std::nullopt;
  }

  /// One text or a pair as an encoder model wants it, in at most `maxLength` tokens, special ones included: while it is
  /// too long, the longer of the two loses its last token.
  [[nodiscard]] virtual EncodedText encodeInput(std::string_view text, std::optional<std::string_view> pair,
                                                std::int64_t maxLength) const = 0;

  /// Whether several threads may ask at once.
  [[nodiscard]] virtual bool parallel() const { return false; }

  /// The token that ends a text, if the tokenizer has one.
  [[nodiscard]] virtual std::optional<std::int32_t> endToken() const = 0;

  /// Whether an id is a special token, whether added or written in the text.
  [[nodiscard]] virtual bool isSpecial(std::int32_t /*id*/) const { return false; }

  /// How conversations are written; null where none are read.
  [[nodiscard]] virtual const text::ChatTemplate* chatTemplate() const { return nullptr; }
  /// A text that a chat template has written, special tokens and all: none are put around it.
  [[nodiscard]] virtual text::Encoding encodeRendered(std::string_view /*text*/) const { return {}; }
  /// The token that ends the model's turn in a conversation, if it is a single one.
  [[nodiscard]] virtual std::optional<std::int32_t> turnEnd() const { return std::nullopt; }
};

}  // namespace rosa::data
