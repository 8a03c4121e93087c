// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/attention.h"
#include "model/key_value_cache.h"
#include "model/rotary.h"

namespace rosa::model {

/// Attention of new tokens to themselves and to all before them in a cache's layer, to which they are added. `qkv` is
/// as in `attention`, and each part names the tokens of one sequence. Returns [tokens, heads·headDim]. Without
/// autograd.
///
/// On the CPU a token costs one pass over its sequence's keys and values where they lie, whatever the other sequences'
/// lengths; a prompt's first pass goes through LibTorch's kernel.
[[nodiscard]] at::Tensor cachedAttention(const at::Tensor& qkv, const AttentionShape& shape,
                                         const Rotary::Table* rotary, const std::vector<KeyValueCache::Part>& parts,
                                         KeyValueCache::Layer& layer);

}  // namespace rosa::model
