// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

namespace rosa::optim {

/// Sum of the squares of a contiguous tensor in fp64. On the CPU its order is fixed, so that the result does not depend
/// on the number of threads. fp32 squares cannot overflow fp64, so it is not finite exactly when an element is not.
[[nodiscard]] double squaredSum(const at::Tensor& values);

}  // namespace rosa::optim
