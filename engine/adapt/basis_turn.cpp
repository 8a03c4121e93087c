// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/basis_turn.h"

#include <ATen/ATen.h>

namespace rosa::adapt {

BasisTurn turnBetween(const at::Tensor& oldA, const at::Tensor& oldB, const at::Tensor& newA, const at::Tensor& newB) {
  const auto wide = [](const at::Tensor& factor) { return factor.to(at::kDouble); };
  // Pseudo-inverses, because the trained factors are no longer orthogonal, and one of them may be zero.
  const auto forA = at::mm(at::linalg_pinv(wide(oldB)).t(), wide(newB).t());
  const auto forB = at::mm(wide(newA).t(), at::linalg_pinv(wide(oldA)).t());
  return {forA.to(oldA.scalar_type()), forB.to(oldA.scalar_type())};
}

}  // namespace rosa::adapt
