// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "model/attention.h"
#include "model/encoder_spec.h"

namespace rosa::model {

/// The rows of DeBERTa's table of relative positions that a pass needs: which row stands for which distance.
///
/// A token at i that looks at one at j uses row bucket(i - j) + span: the distance itself, or beyond half of the
/// buckets its logarithm (DeBERTa v3's code; He et al. 2021, arXiv 2111.09543). Rows rise with the distance.
struct RelativeRows {
  std::int64_t first = 0;  ///< row of the table for the distance 1 - length
  std::int64_t count = 0;  ///< so many rows serve all distances of the longest sequence
  at::Tensor ofPair;       ///< int64 [longest, longest]: query i, key j -> its row, counted from `first`
  at::Tensor nearest;      ///< int64 [count + 1]: the smallest distance that uses this row or a later one
};

/// For sequences of at most `longest` tokens, on `device`.
[[nodiscard]] RelativeRows relativeRows(const RelativeSpec& spec, std::int64_t longest, c10::Device device);

/// Attention whose scores add up what contents and relative positions say of one another (He et al. 2020, arXiv
/// 2006.03654, equation 4): (qᵢ·kⱼ + qᵢ·K[r] + kⱼ·Q[r])·scale, r = rows.ofPair(i, j).
///
/// `qkv` is [tokens, 3·heads·headDim]; `positionKeys` K and `positionQueries` Q are [rows.count, heads·headDim], either
/// undefined where the model has no such term. Every sequence attends to itself alone. Returns
/// [tokens, heads·headDim]. Under autograd where enabled; every sum has one order on every run.
[[nodiscard]] at::Tensor disentangledAttention(const at::Tensor& qkv, const at::Tensor& positionKeys,
                                               const at::Tensor& positionQueries, const RelativeRows& rows,
                                               const Sequences& sequences, const AttentionShape& shape, double dropout,
                                               const DropoutKey& key);

}  // namespace rosa::model
