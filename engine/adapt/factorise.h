// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include "adapt/adaptation.h"
#include "rosa/expected.h"

namespace rosa::adapt {

/// A slice of W's SVD: A·B is the sum of the chosen singular components.
struct Factors {
  at::Tensor a;  ///< [in, rank]: carries the singular values, U_S·Sigma_S
  at::Tensor b;  ///< [rank, out], orthonormal rows: V_Sᵀ
  /// Orthonormal rows [rank, smaller side]: the slice's singular vectors on W's smaller side.
  at::Tensor directions;
};

/// The factors of `slice` of W [in, out] (any strides; fp32 or fp64), in W's dtype. An error says that W is not finite.
///
/// No full SVD (DESIGN 5 "Resample", reference/method.md 7): the singular vectors on the smaller side are eigenvectors
/// of that side's Gram matrix, formed in fp64, because squaring the condition number in fp32 loses the tail. On the
/// side of out they are B itself. On the side of in they are U_S, and B comes from orthonormalising the rows of U_Sᵀ·W,
/// which holds for singular values of any size, 0 included. Then A = W·Bᵀ. Single-threaded results are the same bits on
/// any thread.
[[nodiscard]] Expected<Factors> factorise(const at::Tensor& weight, const Slice& slice);

}  // namespace rosa::adapt
