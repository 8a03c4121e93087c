// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "model/activation_kind.h"

/// Passes over rows of numbers that ATen makes one operation at a time, each through memory: here a row is read once
/// and written once (CPU, fp32). Whoever calls has the same formula in ATen's operations for everything else.
namespace rosa::model {

/// Whether the kernels below take this tensor, which may be undefined: fp32 on a CPU that they are written for,
/// contiguous.
[[nodiscard]] bool takesRowKernel(const at::Tensor& tensor);

template <typename... Tensors>
[[nodiscard]] bool takeRowKernels(const Tensors&... tensors) {
  return (takesRowKernel(tensors) && ...);
}

/// Whether the kernels know this nonlinearity.
[[nodiscard]] constexpr bool hasActivationKernel(Activation activation) {
  return activation == Activation::Silu || activation == Activation::GeluTanh;
}

/// act(pre) [rows, width], or act(gate)·up of pre [rows, 2·width].
[[nodiscard]] at::Tensor activateRows(const at::Tensor& pre, Activation activation, bool gated);
/// `pre` becomes its gradient, from that of the output.
void activateRowsBackward(const at::Tensor& gradient, const at::Tensor& pre, Activation activation, bool gated);

/// x·inverse·factors with inverse = 1/sqrt(mean(x²) + epsilon) a row, which becomes `inverse` [.., 1].
[[nodiscard]] at::Tensor rmsRows(const at::Tensor& x, const at::Tensor& factors, double epsilon, at::Tensor& inverse);
/// The gradient of x: inverse·(d - n·mean(d·n)) with d = gradient·factors and n = x·inverse.
[[nodiscard]] at::Tensor rmsRowsBackward(const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& factors,
                                         const at::Tensor& inverse);

/// Turns x [tokens, heads, headDim], of which only the last dimension must be contiguous, in place by angles [tokens,
/// 1, pairs]: dimension i with i + pairs; `back` turns the other way.
void turnRows(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine, bool back);

/// What the rows of a tile of scores see: row r belongs to the query (r / groups) % queries, whose keys are
/// first..last-1.
struct TileRows {
  const std::vector<std::int64_t>& first;
  const std::vector<std::int64_t>& last;
  std::int64_t groups = 1;
};
struct TileSums {
  at::Tensor logSumExp, inverse;  ///< [batch, rows] each; the latter 1 / sum of the exponentials in the tile
};
/// `scores` [batch, rows, keys] become e^(score - the row's largest), 0 where they are not seen.
[[nodiscard]] TileSums softmaxTile(const at::Tensor& scores, const TileRows& rows);
/// `scores` become probabilities p and `gradient` that of the scores, p·(gradient - along); `logSumExp` and `along`
/// [batch, queries, groups].
void softmaxTileBackward(const at::Tensor& scores, const at::Tensor& gradient, const at::Tensor& logSumExp,
                         const at::Tensor& along, const TileRows& rows);

}  // namespace rosa::model
