// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

namespace rosa::data {

/// "Nothing is to be predicted here": the label that losses skip.
inline constexpr std::int32_t kNoTarget = -100;

/// One tokenised training example. Ids take 32 bits here because a whole dataset stays in memory; batches widen them.
struct Example {
  std::vector<std::int32_t> tokenIds;    ///< without any padding, special tokens included
  std::vector<std::int32_t> segmentIds;  ///< BERT's token types, as long as tokenIds; empty = all 0
  /// Language models: the id to be predicted AT each position (already shifted), kNoTarget = none; as long as
  /// tokenIds. Where tokens are to be hidden (data/masking.h): every token that may be, at its own place. Token
  /// classification: the class of the word whose first token stands there. Empty for the others.
  std::vector<std::int32_t> targets;
  std::int64_t targetCount = 0;   ///< targets that are not kNoTarget; 1 where the whole text has a label
  std::int64_t promptTokens = 0;  ///< completion: leading tokens that are prompt, what one would generate from
  std::int64_t label = 0;         ///< classification: index of the class
  float value = 0;                ///< regression: the number to be predicted
  bool truncated = false;         ///< its end did not fit into max-length
};

}  // namespace rosa::data
