// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace rosa::adapt {

/// The span of all directions that a layer has trained so far, as an orthonormal basis that grows with each slice.
///
/// A direction counts as new where its angle to the span exceeds about half a degree (sine above kNewDirection): wider
/// than what fp32 rounding turns, so that drawing the same window of an unchanged W again adds nothing. At most
/// [full, space] numbers, and only as the span grows.
class Coverage {
 public:
  static constexpr double kNewDirection = 1e-2;

  /// `options` of the basis: W's. `full` is the smaller side of W, which counts as everything: a sum of updates within
  /// a span of that dimension can reach W's full rank. `space` is the dimension of the side the directions lie on, the
  /// smaller one or, where a method draws them there, the larger.
  Coverage(std::int64_t full, std::int64_t space, const at::TensorOptions& options);

  /// Orthonormal rows [count, space].
  void add(const at::Tensor& rows);

  [[nodiscard]] std::int64_t dimension() const { return basis_.size(0); }
  [[nodiscard]] std::int64_t full() const { return full_; }
  /// dimension / full, 0..1.
  [[nodiscard]] double share() const;
  /// Orthonormal rows [dimension, space].
  [[nodiscard]] const at::Tensor& basis() const { return basis_; }
  /// Makes room for a stored basis of that many rows, to be filled through `basis()`.
  void resize(std::int64_t dimension);

 private:
  std::int64_t full_;
  at::Tensor basis_;
};

}  // namespace rosa::adapt
