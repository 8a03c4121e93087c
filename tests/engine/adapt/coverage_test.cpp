// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/coverage.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "engine/adapt/matrices.h"

namespace rosa::adapt {
namespace {

at::Tensor basisOf(std::int64_t n, std::uint64_t seed) {
  return std::get<0>(at::linalg_qr(test::randomMatrix(n, n, seed).to(at::kDouble))).t().to(at::kFloat).contiguous();
}

TEST(Coverage, CountsTheUnionOfSlices) {
  const auto basis = basisOf(30, 1);
  Coverage coverage(30, 30, basis.options());
  EXPECT_EQ(coverage.share(), 0);
  coverage.add(basis.narrow(0, 0, 6));
  EXPECT_EQ(coverage.dimension(), 6);
  coverage.add(basis.narrow(0, 4, 6));
  EXPECT_EQ(coverage.dimension(), 10);
  coverage.add(basis.narrow(0, 2, 6));
  EXPECT_EQ(coverage.dimension(), 10);
  EXPECT_DOUBLE_EQ(coverage.share(), 1.0 / 3);
}

TEST(Coverage, GrowsToTheWholeSpaceAndNoFurther) {
  Coverage coverage(20, 20, at::TensorOptions(at::kFloat));
  for (std::uint64_t seed = 0; seed < 12; ++seed) coverage.add(basisOf(20, seed).narrow(0, 0, 3));
  EXPECT_EQ(coverage.share(), 1);
  EXPECT_LT(test::orthonormalityError(coverage.basis()), 1e-5);
}

TEST(Coverage, OnTheLargerSideTheSmallerOneIsEverything) {
  const auto basis = basisOf(30, 3);
  Coverage coverage(12, 30, basis.options());
  coverage.add(basis.narrow(0, 0, 6));
  EXPECT_DOUBLE_EQ(coverage.share(), 0.5);
  coverage.add(basis.narrow(0, 6, 4));
  coverage.add(basis.narrow(0, 10, 4));
  EXPECT_DOUBLE_EQ(coverage.share(), 1);
  EXPECT_EQ(coverage.dimension(), 12);
}

TEST(Coverage, DirectionsTurnedByLessThanTheThresholdAreOld) {
  const auto basis = basisOf(30, 2);
  Coverage coverage(30, 30, basis.options());
  const auto slice = basis.narrow(0, 0, 4);
  coverage.add(slice);
  coverage.add(slice + 0.3 * Coverage::kNewDirection * basis.narrow(0, 10, 4));
  EXPECT_EQ(coverage.dimension(), 4);
  coverage.add(slice + 3 * Coverage::kNewDirection * basis.narrow(0, 10, 4));
  EXPECT_EQ(coverage.dimension(), 8);
  EXPECT_LT(test::orthonormalityError(coverage.basis()), 1e-5);
}

}  // namespace
}  // namespace rosa::adapt
