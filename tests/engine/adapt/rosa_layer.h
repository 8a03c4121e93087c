// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "adapt/rosa.h"
#include "engine/adapt/matrices.h"

/// What the tests of ROSA do to a layer.
namespace rosa::test {

inline at::Tensor mergedOf(const adapt::Rosa& rosa, const at::Tensor& like) {
  auto w = at::empty_like(like);
  rosa.writeMerged(w);
  return w;
}

/// A step of chance of both factors.
inline void moveFactors(adapt::Rosa& rosa, std::uint64_t seed, double size) {
  rosa.beforeStep();
  for (auto* parameter : rosa.parameters()) {
    parameter->value.add_(randomMatrix(parameter->value.size(0), parameter->value.size(1), seed, size));
  }
  rosa.afterStep();
}

}  // namespace rosa::test
