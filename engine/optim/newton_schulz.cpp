// SPDX-License-Identifier: GPL-3.0-or-later
#include "optim/newton_schulz.h"

#include <ATen/ATen.h>

namespace rosa::optim {

at::Tensor orthogonalised(const at::Tensor& matrix) {
  constexpr double a = 3.4445, b = -4.7750, c = 2.0315;
  constexpr int kSteps = 5;
  constexpr double kLeastNorm = 1e-7;
  // XXᵀ is the smaller product where X is wide.
  const bool tall = matrix.size(0) > matrix.size(1);
  const auto wide = tall ? matrix.t() : matrix;
  auto x = wide / at::linalg_vector_norm(wide).clamp_min(kLeastNorm);
  for (int step = 0; step < kSteps; ++step) {
    const auto gram = at::mm(x, x.t());
    x = at::addmm(x, at::addmm(gram, gram, gram, b, c), x, a, 1);
  }
  return tall ? x.t() : x;
}

}  // namespace rosa::optim
