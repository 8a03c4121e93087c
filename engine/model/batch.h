// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace rosa::model {

/// A flat stream of real tokens: sequences one after another, no padding anywhere (DESIGN 5). Tensors lie on the
/// model's device; `offsets` on the host.
struct Batch {
  at::Tensor tokenIds;                ///< int64 [tokens]
  at::Tensor positionIds;             ///< int64 [tokens], given, not derived (RoBERTa starts at 2)
  at::Tensor segmentIds;              ///< int64 [tokens], BERT's token types; undefined = all 0
  std::vector<std::int64_t> offsets;  ///< [sequences + 1], first 0, last = tokens
  /// Language models: int64 [tokens], the id to be predicted AT each position (already shifted; of masked-lm the one
  /// that stood there), -100 = none.
  /// Token classification: int64 [tokens], the class of each, -100 = none.
  /// Classification: int64 [sequences]. Regression: float [sequences].
  at::Tensor targets;
};

/// What a forward pass needs to know beside the batch; keys the dropout masks and other noise.
struct Pass {
  bool training = false;  ///< dropout on
  std::uint64_t seed = 0;
  std::int64_t step = 0;
  std::int64_t microBatch = 0;
  // Of the micro-batch, where the batch is a piece of it: the mask of a piece is that piece of the mask.
  std::int64_t firstToken = 0;
  std::int64_t firstSequence = 0;
  std::int64_t promptTokens = 0;  ///< that the model puts into the stream before each sequence
  double labelSmoothing = 0;      ///< share of each target that is spread over all classes
  double embeddingNoise = 0;      ///< NEFTune's alpha; 0 = none
  /// Called in the backward pass as soon as all that trains in this block and the ones after it has its gradient, save
  /// what blocks share; null = nobody asks. Not called for a block whose input has no gradient.
  const std::function<void(std::int64_t block)>* blockDone = nullptr;
  bool recomputes = false;  ///< a block keeps its input alone and runs again in the backward pass (recomputed)
};

}  // namespace rosa::model
