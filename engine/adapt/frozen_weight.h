// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

/// A weight W [in, out] (any strides with one of them 1) as it is kept while it does not train: fp32, bf16 or fp16 at
/// half the memory, or int8 at a quarter. Everything else, x, y and the factors beside it, is fp32: W is widened block
/// by block inside a product, so that an fp32 copy of the whole matrix never exists there. A processor without bf16
/// instructions multiplies bf16 several times as slowly as that.
///
/// In int8 each row of the stored matrix is whole numbers in -127..127 and one fp32 scale, its largest magnitude over
/// 127. The scale lies behind the row's numbers, so that views of whole rows, and their transposes, carry it along;
/// such a tensor is of type at::kChar and made by `emptyWeight` alone.
namespace rosa::adapt {

/// Memory for a matrix in the checkpoint's layout, in `type`: a floating one, or at::kChar for int8.
[[nodiscard]] at::Tensor emptyWeight(std::int64_t rows, std::int64_t columns, const at::TensorOptions& options,
                                     at::ScalarType type);

[[nodiscard]] bool isInt8(const at::Tensor& weight);
/// The scales of a W in int8, of a shape that multiplies W as it lies: [in, 1] or [1, out].
[[nodiscard]] at::Tensor scalesOf(const at::Tensor& weight);

/// Whether W is kept in fewer digits than it is computed in.
[[nodiscard]] bool isNarrow(const at::Tensor& weight);

/// For what computes or trains beside W: its device, fp32 where W is narrow.
[[nodiscard]] at::TensorOptions computeOptions(const at::Tensor& weight);

/// W in fp32: itself, or a copy.
[[nodiscard]] at::Tensor widened(const at::Tensor& weight);
/// The same into `destination`, of W's shape.
void widenInto(at::Tensor destination, const at::Tensor& weight);
/// W = `values`, rounded once, to nearest even; in int8 with new scales.
void assign(at::Tensor weight, const at::Tensor& values);

/// All that is kept of W: itself, or in int8 whole rows [rows, columns + padding + 4] with the bytes of their scales.
[[nodiscard]] at::Tensor kept(const at::Tensor& weight);

/// x·W (+ bias, where defined): [rows, in] -> [rows, out].
[[nodiscard]] at::Tensor product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias = {});
/// The same into `y`, whose rows may lie apart; without a bias.
void productInto(at::Tensor y, const at::Tensor& x, const at::Tensor& weight);

/// W += scale·a·b with a [in, rank], b [rank, out]; rounded as `assign` does.
void addProduct(at::Tensor weight, const at::Tensor& a, const at::Tensor& b, double scale);

}  // namespace rosa::adapt
