// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

/// A weight W [in, out] (any strides with one of them 1) as it is kept while it does not train: fp32, or bf16 or fp16
/// at half the memory. Everything else, x, y and the factors beside it, is fp32: half of W is widened block by block
/// inside a product, so that an fp32 copy of the whole matrix never exists there. A processor without bf16 instructions
/// multiplies bf16 several times as slowly as that.
namespace rosa::adapt {

[[nodiscard]] bool isHalf(const at::Tensor& weight);

/// For what computes or trains beside W: its device, fp32 where W is kept in half.
[[nodiscard]] at::TensorOptions computeOptions(const at::Tensor& weight);

/// W in fp32: itself, or a copy.
[[nodiscard]] at::Tensor widened(const at::Tensor& weight);

/// x·W (+ bias, where defined): [rows, in] -> [rows, out].
[[nodiscard]] at::Tensor product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias = {});
/// The same into `y`, whose rows may lie apart; without a bias.
void productInto(at::Tensor y, const at::Tensor& x, const at::Tensor& weight);

/// W += scale·a·b with a [in, rank], b [rank, out]; of a W in half each number is rounded once, to nearest even.
void addProduct(at::Tensor weight, const at::Tensor& a, const at::Tensor& b, double scale);

}  // namespace rosa::adapt
