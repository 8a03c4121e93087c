// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/directions.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "engine/adapt/matrices.h"

namespace rosa::adapt {
namespace {

struct SpectrumShape {
  std::int64_t in, out;
};

class SpectrumShapes : public testing::TestWithParam<SpectrumShape> {};

TEST_P(SpectrumShapes, EveryBasisGivesTheSingularPairsOfTheSmallerSide) {
  const auto [in, out] = GetParam();
  const auto weight = test::randomMatrix(in, out, 5);
  const std::int64_t n = std::min(in, out);
  const auto [u, s, vh] = at::linalg_svd(weight.to(at::kDouble), false);
  const auto sides = in < out ? u.t() : vh;
  for (const auto basis : {Basis::Exact, Basis::Reference}) {
    for (const std::int64_t count : {std::int64_t{3}, n}) {
      const auto spectrum = spectrumOf(weight, basis, n - count, count);
      ASSERT_TRUE(spectrum.hasValue()) << spectrum.error().message;
      EXPECT_LT(test::distance(spectrum->values, s.narrow(0, n - count, count)), 1e-4);
      EXPECT_LT(test::orthonormalityError(spectrum->directions), 1e-5);
      // Signs are free: compare the projectors.
      const auto expected = sides.narrow(0, n - count, count);
      EXPECT_LT(test::distance(at::mm(spectrum->directions.t(), spectrum->directions), at::mm(expected.t(), expected)),
                1e-4);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, SpectrumShapes,
                         testing::Values(SpectrumShape{24, 24}, SpectrumShape{16, 40}, SpectrumShape{40, 16}));

TEST(Spectrum, ANonFiniteWeightIsAnErrorInEveryBasis) {
  auto weight = test::randomMatrix(10, 12, 11);
  weight[3][4] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(spectrumOf(weight, Basis::Exact, 0, 2).hasValue());
  EXPECT_FALSE(spectrumOf(weight, Basis::Reference, 0, 2).hasValue());
}

TEST(RandomDirections, AreOrthonormalAndFollowFromTheirKey) {
  const at::TensorOptions options(at::kFloat);
  const auto rows = randomDirections({1, 2, 3}, 6, 40, options);
  EXPECT_EQ(rows.sizes(), (std::vector<std::int64_t>{6, 40}));
  EXPECT_LT(test::orthonormalityError(rows), 1e-12);
  EXPECT_TRUE(at::equal(rows, randomDirections({1, 2, 3}, 6, 40, options)));
  for (const SliceKey& other : {SliceKey{2, 2, 3}, SliceKey{1, 3, 3}, SliceKey{1, 2, 4}}) {
    EXPECT_FALSE(at::equal(rows, randomDirections(other, 6, 40, options)));
  }
}

}  // namespace
}  // namespace rosa::adapt
