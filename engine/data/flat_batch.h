// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/example_store.h"

namespace rosa::data {

/// Where a batch stands in its step. What is drawn for the tokens of a step goes by it, so that a piece of a
/// micro-batch gets what it would have got within the whole.
struct BatchPlace {
  std::int64_t microBatch = 0;
  std::int64_t sequence = 0;  ///< of the micro-batch, with which this one begins
  std::int64_t token = 0;     ///< likewise
  friend bool operator==(const BatchPlace&, const BatchPlace&) = default;
};

/// Examples laid end to end as one stream of real tokens, without padding (DESIGN 5). Plain vectors, so that whoever
/// trains can wrap them as tensors without a copy: [tokens] vectors and `offsets` describe the stream, `targets` or
/// `values` what is to be predicted.
struct FlatBatch {
  std::vector<std::int64_t> tokenIds;     ///< [tokens]
  std::vector<std::int64_t> positionIds;  ///< [tokens], counted from the model's first position inside each sequence
  std::vector<std::int64_t> segmentIds;   ///< [tokens]; empty where every one is 0
  std::vector<std::int64_t> offsets{0};   ///< [sequences + 1], first 0, last = tokens
  /// Language models: [tokens], the id to be predicted AT each position, kNoTarget = none; where tokens are hidden
  /// (data/masking.h), the id that stood there. Token classification:
  /// [tokens], the class of each.
  /// Classification: [sequences], class indices. Regression: empty.
  std::vector<std::int64_t> targets;
  std::vector<float> values;     ///< regression: [sequences], otherwise empty
  std::int64_t targetCount = 0;  ///< what a mean loss divides by: target tokens, or sequences
  BatchPlace place;

  [[nodiscard]] std::int64_t tokens() const { return static_cast<std::int64_t>(tokenIds.size()); }
  [[nodiscard]] std::int64_t sequences() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
};

/// What the examples of a set are to be used for; decides which of FlatBatch's vectors are filled.
enum class TargetKind { Tokens, Class, Value };

/// Lays the given examples end to end in the given order. `firstPosition` is 0 for most models, 2 for RoBERTa.
[[nodiscard]] FlatBatch makeFlatBatch(const ExampleStore& examples, std::span<const std::int64_t> chosen,
                                      TargetKind kind, std::int64_t firstPosition);

/// The same sequences in at most `count` batches of about as many each, in order.
[[nodiscard]] std::vector<FlatBatch> splitBatch(const FlatBatch& batch, std::int64_t count);

/// The same sequences, in order, in batches of as many as fit into `tokens`, each with `tokensBefore` more than it has;
/// one that is longer stands alone.
[[nodiscard]] std::vector<FlatBatch> splitByTokens(const FlatBatch& batch, std::int64_t tokens,
                                                   std::int64_t tokensBefore);

/// The part of a step's micro-batches that falls to one of `parts` processes: neighbouring sequences, divided where
/// that comes nearest to equally many tokens for each. Together the parts hold every sequence once, in order; one may
/// be empty.
[[nodiscard]] std::vector<FlatBatch> partOfStep(std::vector<FlatBatch> microBatches, std::int64_t part,
                                                std::int64_t parts);

}  // namespace rosa::data
