// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/few_rows.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "engine/adapt/matrices.h"

namespace rosa::model {
namespace {

/// Inner and outer sizes: vectors and blocks without rest, with one, and too small for any.
const std::vector<std::pair<std::int64_t, std::int64_t>> kShapes = {{64, 256}, {61, 131}, {3, 5}, {8, 16}, {200, 1}};

class FewRows : public testing::Test {
 protected:
  void SetUp() override {
    const at::NoGradGuard noGrad;
    if (!hasFewRows(at::ones({1, 8}), at::ones({8, 8}))) GTEST_SKIP() << "this processor has no AVX2";
  }
  const at::NoGradGuard noGrad_;
};

TEST_F(FewRows, GiveTheProduct) {
  for (const auto& [in, out] : kShapes) {
    const auto matrix = at::randn({in, out});
    const auto bias = at::randn({out});
    for (std::int64_t rows = 1; rows <= 24; ++rows) {
      const auto x = at::randn({rows, in});
      const auto expected = at::mm(x.to(at::kDouble), matrix.to(at::kDouble));
      EXPECT_LE(test::distance(fewRowsProduct(x, matrix, {}), expected), 5e-5) << rows << "x" << in << "x" << out;
      EXPECT_LE(test::distance(fewRowsProduct(x, matrix, bias), expected + bias), 5e-5);
    }
  }
}

TEST_F(FewRows, ARowsResultDoesNotDependOnTheOthers) {
  for (const auto& [in, out] : kShapes) {
    const auto matrix = at::randn({in, out});
    const auto x = at::randn({24, in});
    const auto all = fewRowsProduct(x, matrix, {});
    for (const std::int64_t rows : {1, 2, 7, 12, 13}) {
      EXPECT_TRUE(at::equal(fewRowsProduct(x.narrow(0, 0, rows).contiguous(), matrix, {}), all.narrow(0, 0, rows)))
          << rows << "x" << in << "x" << out;
    }
  }
}

TEST_F(FewRows, AreNotForManyOrForOtherLayouts) {
  const auto matrix = at::ones({8, 16});
  EXPECT_TRUE(hasFewRows(at::ones({24, 8}), matrix));
  EXPECT_FALSE(hasFewRows(at::ones({25, 8}), matrix));
  EXPECT_FALSE(hasFewRows(at::ones({2, 16}), matrix.t()));
  EXPECT_FALSE(hasFewRows(at::ones({2, 8}, at::kDouble), matrix.to(at::kDouble)));
  EXPECT_FALSE(hasFewRows(at::ones({8, 2}).t(), matrix));
  const at::AutoGradMode training(true);
  EXPECT_FALSE(hasFewRows(at::ones({2, 8}), matrix)) << "training is computed as ever";
}

}  // namespace
}  // namespace rosa::model
