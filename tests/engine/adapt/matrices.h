// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cstdint>

/// Seeded matrices and distances for the tests of adapt and optim.
namespace rosa::test {

inline at::Tensor randomMatrix(std::int64_t rows, std::int64_t columns, std::uint64_t seed, double deviation = 1) {
  auto generator = at::detail::createCPUGenerator(seed);
  return at::empty({rows, columns}, at::kFloat).normal_(0, deviation, generator);
}

inline double largest(const at::Tensor& values) {
  return values.abs().max().item<double>();
}

inline double distance(const at::Tensor& left, const at::Tensor& right) {
  return largest(left.to(at::kCPU, at::kDouble) - right.to(at::kCPU, at::kDouble));
}

/// How far the rows are from orthonormal.
inline double orthonormalityError(const at::Tensor& rows) {
  const auto wide = rows.to(at::kDouble);
  return distance(at::mm(wide, wide.t()), at::eye(rows.size(0), at::kDouble));
}

/// The same numbers with the other side contiguous, as a checkpoint of nn.Linear layout gives them.
inline at::Tensor transposedLayout(const at::Tensor& matrix) {
  return matrix.t().contiguous().t();
}

/// The sum of singular components start..start+count-1 by a full SVD in fp64.
inline at::Tensor sliceBySvd(const at::Tensor& weight, std::int64_t start, std::int64_t count) {
  const auto [u, s, vh] = at::linalg_svd(weight.to(at::kDouble), /*full_matrices=*/false);
  return at::mm(u.narrow(1, start, count) * s.narrow(0, start, count), vh.narrow(0, start, count));
}

}  // namespace rosa::test
