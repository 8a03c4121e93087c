// SPDX-License-Identifier: GPL-3.0-or-later
#include "optim/newton_schulz.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <utility>

#include "engine/adapt/matrices.h"

namespace rosa::optim {
namespace {

using Shape = std::pair<std::int64_t, std::int64_t>;
class Orthogonalised : public testing::TestWithParam<Shape> {};

TEST_P(Orthogonalised, KeepsTheVectorsAndBringsTheValuesNearOne) {
  const auto [rows, columns] = GetParam();
  const auto matrix = test::randomMatrix(rows, columns, 1, 0.01);
  const auto result = orthogonalised(matrix).to(at::kDouble);
  const auto [u, s, vh] = at::linalg_svd(matrix.to(at::kDouble), /*full_matrices=*/false);
  // In the basis of the matrix's own vectors U·Vᵀ is the unit matrix.
  const auto inside = at::mm(at::mm(u.t(), result), vh.t());
  EXPECT_LT(test::distance(inside, at::diag(at::diag(inside))), 1e-4);
  EXPECT_GT(at::diag(inside).min().item<double>(), 0.67);
  EXPECT_LT(at::diag(inside).max().item<double>(), 1.21);
  EXPECT_LT(test::distance(result, at::mm(at::mm(u, inside), vh)), 1e-4) << "something outside of the matrix's spaces";
  EXPECT_LT(test::distance(result, at::mm(u, vh)), 0.33);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Orthogonalised,
                         testing::Values(Shape{16, 64}, Shape{64, 16}, Shape{1, 9}, Shape{9, 1}, Shape{4, 5}),
                         [](const auto& test) {
                           return std::to_string(test.param.first) + "x" + std::to_string(test.param.second);
                         });

TEST(Orthogonalised, DoesNotDependOnTheMatrixsSize) {
  const auto matrix = test::randomMatrix(6, 8, 2);
  EXPECT_LT(test::distance(orthogonalised(matrix * 1e-3), orthogonalised(matrix * 1e3)), 1e-4);
}

TEST(Orthogonalised, NothingStaysNothing) {
  EXPECT_EQ(test::largest(orthogonalised(at::zeros({3, 5}))), 0);
}

}  // namespace
}  // namespace rosa::optim
