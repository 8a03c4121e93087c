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

}  // namespace rosa::model
