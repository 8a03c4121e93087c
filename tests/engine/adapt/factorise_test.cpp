// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/factorise.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "adapt/directions.h"
#include "engine/adapt/matrices.h"

namespace rosa::adapt {
namespace {

Factors factorised(const at::Tensor& weight, std::int64_t start, std::int64_t count) {
  auto factors = factorise(weight, {start, count, std::min(weight.size(0), weight.size(1))});
  EXPECT_TRUE(factors.hasValue()) << factors.error().message;
  return *factors;
}

/// Orthogonal columns times the given singular values times orthogonal rows.
at::Tensor withSingularValues(std::int64_t in, std::int64_t out, const at::Tensor& values, std::uint64_t seed) {
  const std::int64_t n = std::min(in, out);
  const auto u = std::get<0>(at::linalg_qr(test::randomMatrix(in, n, seed).to(at::kDouble)));
  const auto v = std::get<0>(at::linalg_qr(test::randomMatrix(out, n, seed + 1).to(at::kDouble)));
  return at::mm(u * values, v.t()).to(at::kFloat);
}

struct FactoredShape {
  std::int64_t in, out;
};

class FactoriseShapes : public testing::TestWithParam<FactoredShape> {};

TEST_P(FactoriseShapes, GivesTheSliceOfTheSvdInAnyLayout) {
  const auto [in, out] = GetParam();
  const auto weight = test::randomMatrix(in, out, 5);
  const std::int64_t n = std::min(in, out);
  for (const std::int64_t start : {std::int64_t{0}, (n - 6) / 2, n - 6}) {
    const auto expected = test::sliceBySvd(weight, start, 6);
    const auto spacious = at::zeros({in, 3 * out}).narrow(1, out, out);
    spacious.copy_(weight);
    for (const auto& layout : {weight, test::transposedLayout(weight), spacious}) {
      const auto factors = factorised(layout, start, 6);
      EXPECT_LT(test::distance(at::mm(factors.a, factors.b), expected), 1e-5);
      EXPECT_LT(test::orthonormalityError(factors.b), 1e-6);
      EXPECT_LT(test::orthonormalityError(factors.directions), 1e-6);
      EXPECT_EQ(factors.directions.size(1), n);
    }
  }
}

TEST_P(FactoriseShapes, ACarriesTheSingularValuesLargestFirst) {
  const auto [in, out] = GetParam();
  const auto weight = test::randomMatrix(in, out, 6);
  const auto values = std::get<1>(at::linalg_svd(weight, false));
  const auto factors = factorised(weight, 2, 5);
  EXPECT_LT(test::distance(factors.a.norm(2, 0), values.narrow(0, 2, 5)), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Shapes, FactoriseShapes,
                         testing::Values(FactoredShape{48, 48}, FactoredShape{32, 80}, FactoredShape{80, 32},
                                         FactoredShape{7, 300}, FactoredShape{300, 7}));

TEST_P(FactoriseShapes, AnyDirectionsAreTakenOutOfW) {
  const auto [in, out] = GetParam();
  const auto weight = test::randomMatrix(in, out, 12);
  const auto rows = randomDirections({1, 2, 3}, 4, std::min(in, out), weight.options());
  const auto factors = factorsAlong(weight, rows);
  EXPECT_LT(test::orthonormalityError(factors.b), 1e-6);
  const auto rest = weight.to(at::kDouble) - at::mm(factors.a.to(at::kDouble), factors.b.to(at::kDouble));
  EXPECT_LT(test::largest(in < out ? at::mm(rows, rest) : at::mm(rest, rows.t())), 1e-5);
  // And nothing else is: what stays is W beside them.
  const auto beside = at::eye(std::min(in, out), at::kDouble) - at::mm(rows.t(), rows);
  const auto wide = weight.to(at::kDouble);
  EXPECT_LT(test::distance(rest, in < out ? at::mm(beside, wide) : at::mm(wide, beside)), 1e-5);
}

TEST_P(FactoriseShapes, ProjectionsProjectOnTheirColumns) {
  const auto [in, out] = GetParam();
  const auto weight = test::randomMatrix(in, out, 13);
  for (const bool orthogonal : {false, true}) {
    const auto factors = projectionFactors(weight, {1, 2, 3}, 4, orthogonal);
    ASSERT_EQ(factors.a.sizes(), (std::vector<std::int64_t>{in, 4}));
    const auto a = factors.a.to(at::kDouble);
    const auto projected = at::mm(a, at::mm(at::linalg_pinv(a), weight.to(at::kDouble)));
    EXPECT_LT(test::distance(at::mm(a, factors.b.to(at::kDouble)), projected), 2e-5);
    EXPECT_EQ(test::orthonormalityError(factors.a.t()) < 1e-6, orthogonal);
    EXPECT_LT(test::orthonormalityError(factors.directions), 1e-6);
    EXPECT_EQ(factors.directions.size(1), std::min(in, out));
    EXPECT_TRUE(at::equal(factors.a, projectionFactors(weight, {1, 2, 3}, 4, orthogonal).a));
    EXPECT_FALSE(at::equal(factors.a, projectionFactors(weight, {1, 3, 3}, 4, orthogonal).a));
  }
}

TEST(GaussianFactors, AreZeroAndStandardNormal) {
  const auto weight = test::randomMatrix(30, 2000, 14);
  const auto factors = gaussianFactors(weight, {1, 2, 3}, 5);
  EXPECT_EQ(test::largest(factors.a), 0);
  EXPECT_NEAR(factors.b.mean().item<double>(), 0, 0.04);
  EXPECT_NEAR(factors.b.std().item<double>(), 1, 0.04);
  EXPECT_LT(test::orthonormalityError(factors.directions), 1e-6);
  const auto outside = factors.b - at::mm(at::mm(factors.b, factors.directions.t()), factors.directions);
  EXPECT_LT(test::largest(outside), 1e-5);
}

TEST(Factorise, TinySingularValuesKeepTheirDirections) {
  // A tail of 1e-4 of the largest: its square is lost in fp32, which is why the Gram matrix is formed in fp64.
  const std::int64_t n = 40;
  const auto values = at::logspace(0, -4, n, 10, at::kDouble);
  for (const FactoredShape shape : {FactoredShape{40, 100}, FactoredShape{100, 40}}) {
    const auto weight = withSingularValues(shape.in, shape.out, values, 7);
    const auto factors = factorised(weight, n - 4, 4);
    const auto right = std::get<2>(at::linalg_svd(weight.to(at::kDouble), false)).narrow(0, n - 4, 4);
    const auto cosines = std::get<1>(at::linalg_svd(at::mm(factors.b.to(at::kDouble), right.t()), false));
    EXPECT_GT(cosines.min().item<double>(), 0.9999);
    EXPECT_LT(test::orthonormalityError(factors.b), 1e-6);
  }
}

TEST(Factorise, RankDeficientAndZeroWeightsGiveOrthonormalRows) {
  for (const FactoredShape shape : {FactoredShape{20, 50}, FactoredShape{50, 20}, FactoredShape{20, 20}}) {
    const auto thin = at::mm(test::randomMatrix(shape.in, 3, 8), test::randomMatrix(3, shape.out, 9));
    for (const auto& weight : {thin, at::zeros({shape.in, shape.out})}) {
      for (const std::int64_t start : {0, 10, 15}) {
        const auto factors = factorised(weight, start, 5);
        EXPECT_LT(test::orthonormalityError(factors.b), 1e-6);
        EXPECT_TRUE(at::isfinite(factors.a).all().item<bool>());
      }
    }
  }
}

TEST(Factorise, AWeightOfSeveralChunksGivesTheSliceOfTheSvd) {
  const std::int64_t longSide = 150000;  // times 16 is more than a chunk of 2^21 numbers
  const auto tall = test::randomMatrix(longSide, 16, 10, 0.01);
  const auto expected = test::sliceBySvd(tall, 4, 3);
  const auto factors = factorised(tall, 4, 3);
  EXPECT_LT(test::distance(at::mm(factors.a, factors.b), expected), 1e-6);
  const auto wide = factorised(tall.t(), 4, 3);
  EXPECT_LT(test::distance(at::mm(wide.a, wide.b), expected.t()), 1e-6);
}

TEST(Factorise, ANonFiniteWeightIsAnError) {
  auto weight = test::randomMatrix(10, 12, 11);
  weight[3][4] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(factorise(weight, {0, 2, 10}).hasValue());
}

}  // namespace
}  // namespace rosa::adapt
