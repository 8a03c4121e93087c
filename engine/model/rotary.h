// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "model/rope_config.h"

namespace rosa::model {

/// Rotary position embeddings (Su et al. 2021) in the two layouts of Hugging Face checkpoints: dimension i of a head
/// turns with i + half, or with its neighbour.
class Rotary {
 public:
  Rotary(const RopeConfig& config, std::int64_t headDim, c10::Device device);

  struct Table {
    at::Tensor cosine, sine;  ///< fp32 [tokens, 1, pairs]; dimensions behind the pairs stand still
    bool neighbours = false;
  };
  /// For tokens at `positionIds` [tokens], which lie in sequences as `offsets` says; `before` (empty = none) are tokens
  /// of each sequence that came earlier. Lengths matter to longrope alone, whose choice of factors each sequence makes
  /// for itself.
  [[nodiscard]] Table table(const at::Tensor& positionIds, const std::vector<std::int64_t>& offsets,
                            const std::vector<std::int64_t>& before = {}) const;
  /// Whether a sequence that grows from `before` to `length` tokens turns by other angles from now on, so that keys
  /// which were turned earlier are of no use.
  [[nodiscard]] bool changesAt(std::int64_t before, std::int64_t length) const;

  /// Turns x [tokens, heads, headDim] (may be a strided view) in place by its positions' angles, or back again: the
  /// transposed product, which is the gradient.
  static void turn(const at::Tensor& x, const Table& table, bool back);

 private:
  at::Tensor frequencies_;      ///< fp32 [pairs]
  at::Tensor longFrequencies_;  ///< of sequences beyond the original length; undefined where all have the same
  std::int64_t originalPositions_ = 0;
  double amplitude_ = 1;
  bool neighbours_ = false;
};

/// x [tokens, heads, headDim] turned, as a new tensor under autograd.
[[nodiscard]] at::Tensor rotated(const at::Tensor& x, const Rotary::Table& table);

}  // namespace rosa::model
