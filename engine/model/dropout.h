// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "model/batch.h"
#include "model/sequences.h"

namespace rosa::model {

/// Where in the model a mask is used; one number a place.
enum class DropoutPlace : std::uint32_t {
  Embedding,
  Attention,
  AttentionOutput,
  MlpOutput,
  Classifier,
  ClassifierInner,
  EmbeddingNoise,
  RelativePositions,
  Convolution,
};

/// Keys one mask. The same key gives the same mask on every run, thread count and device, so that resume and
/// recomputation repeat it and nothing needs to be kept for backward.
struct DropoutKey {
  std::uint64_t seed = 0;
  std::int64_t step = 0;
  std::int64_t microBatch = 0;
  std::int64_t layer = 0;
  DropoutPlace place = DropoutPlace::Embedding;
  std::int64_t part = 0;  ///< e.g. the sequence whose attention it is
  /// Of the mask under this key, with which what is asked for begins: its first dimension counts tokens or sequences of
  /// a micro-batch, and a piece of that takes rows from the middle.
  std::int64_t firstRow = 0;
};

[[nodiscard]] DropoutKey dropoutKey(const Pass& pass, std::int64_t layer, DropoutPlace place);

/// fp32 factors of the given shape: 0 with probability p, otherwise 1/(1-p). Philox4x32-10 (Salmon et al. 2011) counts
/// the elements, four a block.
[[nodiscard]] at::Tensor dropoutFactors(at::IntArrayRef shape, double p, const DropoutKey& key, c10::Device device);

/// The factors of all sequences' attention, [sequences, heads, longest, longest], zeros where a sequence has ended.
/// Those of sequence i are the factors of shape [heads, length, length] under `key` with i added to its part.
[[nodiscard]] at::Tensor attentionDropoutFactors(const Sequences& sequences, std::int64_t heads, double p,
                                                 const DropoutKey& key, c10::Device device);

/// fp32 numbers of the given shape, uniform in -1..1, counted the same way.
[[nodiscard]] at::Tensor uniformNoise(at::IntArrayRef shape, const DropoutKey& key, c10::Device device);

/// x with dropout, under autograd; x itself when p is 0.
[[nodiscard]] at::Tensor dropout(const at::Tensor& x, double p, const DropoutKey& key);

}  // namespace rosa::model
