// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/ATen.h>

#include <limits>

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

/// True where a query must not look: [queries, keys], the queries being the last of the keys' places.
inline at::Tensor hiddenPairs(const AttentionShape& shape, std::int64_t queries, std::int64_t keys,
                              c10::Device device) {
  const auto places = at::arange(keys, at::TensorOptions().device(device).dtype(at::kLong));
  const auto ahead = places.unsqueeze(0) - places.narrow(0, keys - queries, queries).unsqueeze(1);  // key - query
  if (!shape.causal) return shape.window > 0 ? ahead.abs() > shape.window / 2 : at::zeros_like(ahead, at::kBool);
  const auto later = ahead > 0;
  return shape.window > 0 ? later.logical_or_(ahead <= -shape.window) : later;
}

/// The same as a summand of scores, 0 or minus infinity, for kernels that take one.
inline at::Tensor hiddenBias(const AttentionShape& shape, std::int64_t queries, std::int64_t keys,
                             const at::TensorOptions& options) {
  return at::zeros({queries, keys}, options)
      .masked_fill_(hiddenPairs(shape, queries, keys, options.device()), -std::numeric_limits<double>::infinity());
}

/// The scores that enter the softmax, before the mask: q·kᵀ scaled and capped.
inline at::Tensor attentionScores(const at::Tensor& query, const at::Tensor& key, const AttentionShape& shape) {
  auto scores = at::matmul(query, key.transpose(-2, -1)).mul_(shape.scale());
  return shape.cap > 0 ? scores.div_(shape.cap).tanh_().mul_(shape.cap) : scores;
}

/// The gradient of q·kᵀ from that of `attentionScores`, in place.
inline at::Tensor productGradient(at::Tensor gradient, const at::Tensor& query, const at::Tensor& key,
                                  const AttentionShape& shape) {
  if (shape.cap > 0) {
    const auto squashed = attentionScores(query, key, shape).div_(shape.cap);
    gradient.mul_(squashed.square_().neg_().add_(1));
  }
  return gradient.mul_(shape.scale());
}

}  // namespace rosa::model
