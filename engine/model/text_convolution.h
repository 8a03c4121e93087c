// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace rosa::model {

/// A convolution over each sequence of a flat stream x [tokens, in], as if zeros stood before and behind it:
/// y[t] = bias + sum over k of weight[:, :, k]·x[t + k - kernel/2], an odd kernel. weight [out, in, kernel], bias
/// [out], `offsets` [sequences + 1]. Returns [tokens, out]. Under autograd where enabled.
[[nodiscard]] at::Tensor textConvolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                         const std::vector<std::int64_t>& offsets);

}  // namespace rosa::model
