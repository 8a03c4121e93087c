// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

namespace rosa::optim {

/// A matrix near U·Vᵀ of `matrix` = U·S·Vᵀ, by five steps of X -> aX + b(XXᵀ)X + c(XXᵀ)²X from matrix/|matrix| (Jordan
/// et al. 2024, Muon): the vectors are kept, and singular values above a thousandth of the norm come to 0.7..1.2. A
/// zero matrix stays one.
[[nodiscard]] at::Tensor orthogonalised(const at::Tensor& matrix);

}  // namespace rosa::optim
