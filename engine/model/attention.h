// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "model/dropout.h"
#include "model/rotary.h"

namespace rosa::model {

struct AttentionShape {
  std::int64_t heads = 1;
  std::int64_t keyValueHeads = 1;
  std::int64_t headDim = 1;
  bool causal = true;
};

/// Scaled dot-product attention over a flat stream: every sequence attends to itself alone and no padding exists.
/// `qkv` is [tokens, (heads + 2·keyValueHeads)·headDim] as the fused projection left it and is overwritten by turning
/// queries and keys in place where `rotary` is given. Returns [tokens, heads·headDim]. Under autograd where enabled.
[[nodiscard]] at::Tensor attention(const at::Tensor& qkv, const std::vector<std::int64_t>& offsets,
                                   const AttentionShape& shape, const Rotary::Table* rotary, double dropout,
                                   const DropoutKey& key);

}  // namespace rosa::model
