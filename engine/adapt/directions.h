// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "adapt/slice.h"
#include "rosa/config.h"
#include "rosa/expected.h"

/// The directions on the smaller side of a matrix that a slice can be made of.
namespace rosa::adapt {

/// A contiguous part of W's singular values with their vectors on W's smaller side.
struct Spectrum {
  at::Tensor values;      ///< fp64 [count], descending
  at::Tensor directions;  ///< fp64 [count, smaller side], orthonormal rows
};

/// Singular values `start`..start+count-1 of W [in, out] (any strides; fp32 or fp64). An error says that W is not
/// finite.
///
/// Basis::Exact takes no full SVD (DESIGN 5 "Resample", reference/method.md 7): the vectors are eigenvectors of the
/// smaller side's Gram matrix, formed in fp64, because squaring the condition number in fp32 loses the tail.
/// Basis::Reference is the full SVD in W's own precision, as the released code has it. Single-threaded results are the
/// same bits on any thread.
[[nodiscard]] Expected<Spectrum> spectrumOf(const at::Tensor& weight, Basis basis, std::int64_t start,
                                            std::int64_t count);

/// `count` random orthonormal rows [count, side] in fp64: QR of a Gaussian matrix that follows from the key alone, on
/// every device.
[[nodiscard]] at::Tensor randomDirections(const SliceKey& key, std::int64_t count, std::int64_t side,
                                          const at::TensorOptions& options);

/// Standard normal numbers [rows, columns], fp64, that follow from the key alone, on every device.
[[nodiscard]] at::Tensor gaussian(const SliceKey& key, std::int64_t rows, std::int64_t columns,
                                  const at::TensorOptions& options);

}  // namespace rosa::adapt
