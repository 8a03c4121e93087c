// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/ATen.h>

#include "model/attention.h"

namespace rosa::model {

/// Views of a fused projection [tokens, (heads + 2·keyValueHeads)·headDim]: [tokens, heads, headDim] each.
struct AttentionHeads {
  at::Tensor query, key, value;
};

inline AttentionHeads headsOf(const at::Tensor& qkv, const AttentionShape& shape) {
  const auto queries = shape.heads * shape.headDim;
  const auto keys = shape.keyValueHeads * shape.headDim;
  const auto view = [&](std::int64_t from, std::int64_t heads) {
    return qkv.narrow(1, from, heads * shape.headDim).unflatten(1, {heads, shape.headDim});
  };
  return {view(0, shape.heads), view(queries, shape.keyValueHeads), view(queries + keys, shape.keyValueHeads)};
}

/// [tokens, heads, headDim] -> [1, heads, tokens, headDim], without a copy.
inline at::Tensor headsFirst(const at::Tensor& x) {
  return x.transpose(0, 1).unsqueeze(0);
}

/// Key or value heads, dimension 1 of x, repeated for the query heads that share them.
inline at::Tensor forQueries(const at::Tensor& x, const AttentionShape& shape) {
  const auto groups = shape.heads / shape.keyValueHeads;
  return groups == 1 ? x : x.repeat_interleave(groups, 1);
}

/// The gradient of the key or value heads from that of the repeated ones; heads in dimension 1.
inline at::Tensor sumOfQueries(const at::Tensor& gradient, const AttentionShape& shape) {
  const auto groups = shape.heads / shape.keyValueHeads;
  return groups == 1 ? gradient : gradient.unflatten(1, {shape.keyValueHeads, groups}).sum(2);
}

}  // namespace rosa::model
