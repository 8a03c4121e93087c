// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "model/attention.h"

/// Attention of one long sequence on the CPU, a block of queries at a time against the keys that they see: products of
/// whole blocks in place of the many small ones of LibTorch's flash kernel, 0.6 of its time at 512 tokens
/// (tests/bench/model_bench.cpp). As there, scores are computed again going backward and only their log-sum-exp is kept
/// (Dao et al. 2022, arXiv 2205.14135). Without autograd, dropout and cap.
namespace rosa::model {

/// Whether this form takes a sequence of so many tokens, and is the faster one.
[[nodiscard]] bool tilesAttention(const at::Tensor& query, const AttentionShape& shape);

/// query [tokens, heads, headDim], key and value [tokens, keyValueHeads, headDim] (views); writes `out`, shaped as the
/// query, and returns the log-sum-exp of each query's scores, [keyValueHeads, tokens, heads a key].
[[nodiscard]] at::Tensor tiledAttention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                                        const AttentionShape& shape, at::Tensor out);

struct TiledGradients {
  at::Tensor query, key, value;  ///< views that receive them, shaped as the tensors
};
void tiledAttentionBackward(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            const at::Tensor& out, const at::Tensor& logSumExp, const at::Tensor& gradient,
                            const AttentionShape& shape, TiledGradients into);

}  // namespace rosa::model
