// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "rosa/expected.h"

/// Some eigenvectors of a symmetric matrix.
///
/// LibTorch computes all of them or none. On the CPU an index range comes from LAPACK's dsyevr, a third of the price:
/// tridiagonalisation, then only the vectors asked for. It sits in a shared library of our own with a static OpenBLAS
/// inside, of which nothing but one function is visible, because a second BLAS in the process would take over
/// LibTorch's (resources/cmake/OpenBlasEigen.cmake). Where that library could not be built, and on other devices,
/// at::linalg_eigh does it. Callable from several threads at once.
namespace rosa::adapt {

struct Eigen {
  at::Tensor values;   ///< fp64 [count], descending
  at::Tensor vectors;  ///< fp64 [count, n], orthonormal rows
};

/// The `start`-th to (start + count - 1)-th largest eigenvalue (0 = the largest) with their eigenvectors. `symmetric`
/// is fp64 [n, n], contiguous; its upper triangle is read and its content destroyed.
[[nodiscard]] Expected<Eigen> largestFirstEigen(at::Tensor symmetric, std::int64_t start, std::int64_t count);

/// The vectors alone.
[[nodiscard]] Expected<at::Tensor> largestFirstEigenvectors(at::Tensor symmetric, std::int64_t start,
                                                            std::int64_t count);

}  // namespace rosa::adapt
