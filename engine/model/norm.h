// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

namespace rosa::model {

/// x / sqrt(mean(x²) + epsilon) · (weight + offset) over the last dimension (Zhang and Sennrich 2019), under autograd;
/// keeps x and one number a row for backward.
[[nodiscard]] at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double epsilon, double offset = 0);

/// The same without a weight.
[[nodiscard]] at::Tensor rmsNorm(const at::Tensor& x, double epsilon);

}  // namespace rosa::model
