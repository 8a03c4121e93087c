// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/coverage.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace rosa::adapt {

Coverage::Coverage(std::int64_t full, std::int64_t space, const at::TensorOptions& options)
    : full_(full), basis_(at::empty({0, space}, options)) {}

void Coverage::add(const at::Tensor& rows) {
  const std::int64_t room = full_ - dimension();
  if (room == 0) return;
  const auto outside = [this](const at::Tensor& vectors) {
    return vectors - at::mm(at::mm(vectors, basis_.t()), basis_);
  };
  // Singular values of what lies outside the span are the sines of the angles to it.
  const auto [left, sines, right] = at::linalg_svd(outside(rows), /*full_matrices=*/false);
  const auto fresh = std::min(room, (sines > kNewDirection).sum().item<std::int64_t>());
  if (fresh == 0) return;
  // What rounding left along the span has been magnified by up to 1 / kNewDirection: project once more.
  const auto added = std::get<0>(at::linalg_qr(outside(right.narrow(0, 0, fresh)).t())).t();
  basis_ = at::cat({basis_, added}, 0);
}

double Coverage::share() const {
  return static_cast<double>(dimension()) / static_cast<double>(full_);
}

void Coverage::resize(std::int64_t dimension) {
  basis_ = at::zeros({dimension, basis_.size(1)}, basis_.options());
}

}  // namespace rosa::adapt
