// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include "adapt/adaptation.h"
#include "adapt/slice.h"
#include "rosa/expected.h"

/// What a resample makes of a weight W [in, out] (any strides; fp32 or fp64): the factors that train next, in W's
/// dtype.
namespace rosa::adapt {

struct Factors {
  at::Tensor a;  ///< [in, rank]
  at::Tensor b;  ///< [rank, out]
  /// Orthonormal rows that span what trains, for Coverage: on W's smaller side [rank, smaller side], of
  /// `gaussianFactors` on the side of B [rank, out].
  at::Tensor directions;
};

/// W along orthonormal rows [rank, smaller side] of its smaller side: B has orthonormal rows, A the rest.
///
/// On the side of out they are B itself, and A = W·Bᵀ. On the side of in they are the columns U of A's space: A·B is
/// U·Uᵀ·W, split by the QR of its transpose, which holds for singular values of any size, 0 included. Of singular
/// vectors A carries the singular values, U_S·Sigma_S, and B is V_Sᵀ; for any others W - A·B still lacks just those
/// directions, and A·B + (W - A·B) is W.
[[nodiscard]] Factors factorsAlong(const at::Tensor& weight, const at::Tensor& directions);

/// The factors of a window of W's SVD. An error says that W is not finite.
[[nodiscard]] Expected<Factors> factorise(const at::Tensor& weight, const Slice& slice);

/// A zero and B standard normal, as the reference code's random_add: merge-and-restart LoRA.
[[nodiscard]] Factors gaussianFactors(const at::Tensor& weight, const SliceKey& key, std::int64_t rank);

/// W projected on a random subspace of its input side: A·B = P·W with P the orthogonal projection on the span of `rank`
/// Gaussian columns, for W of any shape. Orthogonal: A has orthonormal columns Q and B = Qᵀ·W. Otherwise A is the
/// Gaussian columns G themselves, of about unit length, and B = (GᵀG)⁻¹·Gᵀ·W. (The reference code draws an out x out
/// matrix and uses it as A, which fits square W alone; its other mode is no projection.)
[[nodiscard]] Factors projectionFactors(const at::Tensor& weight, const SliceKey& key, std::int64_t rank,
                                        bool orthogonal);

}  // namespace rosa::adapt
