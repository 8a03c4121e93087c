// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cmath>
#include <cstdint>

#include "model/dropout.h"
#include "model/rotary.h"
#include "model/sequences.h"

namespace rosa::model {

struct AttentionShape {
  std::int64_t heads = 1;
  std::int64_t keyValueHeads = 1;
  std::int64_t headDim = 1;
  bool causal = true;
  /// Tokens that one sees: itself and those before it; without causality, that many / 2 on either side. 0 = all.
  std::int64_t window = 0;
  double ownScale = 0;  ///< 0 = 1/sqrt(headDim)
  double cap = 0;       ///< c: scores become c·tanh(score/c); 0 = they stay

  /// What the products of queries and keys are multiplied by.
  [[nodiscard]] double scale() const { return ownScale != 0 ? ownScale : 1 / std::sqrt(static_cast<double>(headDim)); }
  /// Whether some token of so many does not see all that causality lets it see.
  [[nodiscard]] bool cuts(std::int64_t length) const {
    return window > 0 && length > (causal ? window : window / 2 + 1);
  }
};

/// Scaled dot-product attention over a flat stream: every sequence attends to itself alone and no padding exists.
/// `qkv` is [tokens, (heads + 2·keyValueHeads)·headDim] as the fused projection left it and is overwritten by turning
/// queries and keys in place where `rotary` is given. Returns [tokens, heads·headDim]. Under autograd where enabled.
[[nodiscard]] at::Tensor attention(const at::Tensor& qkv, const Sequences& sequences, const AttentionShape& shape,
                                   const Rotary::Table* rotary, double dropout, const DropoutKey& key);

}  // namespace rosa::model
