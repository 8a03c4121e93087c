// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

namespace rosa::adapt {

/// How gradients with respect to one pair of factors look with respect to another of the same weight, as far as the
/// first pair saw them: dA = dW·Bᵀ and dB = Aᵀ·dW, so that
///   dA_new = dA_old·forA  where dW lies in the rows of B_old,
///   dB_new = forB·dB_old  where dW lies in the columns of A_old.
/// What optimizers remember in the old basis is turned so into the new one (LDAdam, arXiv 2410.16103); between disjoint
/// slices of one SVD nothing is left of it.
struct BasisTurn {
  at::Tensor forA;  ///< [old rank, new rank], of the factors' dtype
  at::Tensor forB;  ///< [new rank, old rank]
};

/// Of A [in, rank] and B [rank, out] before and after a resample.
[[nodiscard]] BasisTurn turnBetween(const at::Tensor& oldA, const at::Tensor& oldB, const at::Tensor& newA,
                                    const at::Tensor& newB);

}  // namespace rosa::adapt
