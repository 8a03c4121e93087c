// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/few_rows.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "adapt/frozen_weight.h"
#include "engine/adapt/matrices.h"

namespace rosa::adapt {
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

/// W as a checkpoint has it: [out, in] in `type`, seen the other way round.
at::Tensor byColumns(std::int64_t in, std::int64_t out, at::ScalarType type) {
  const auto matrix = emptyWeight(out, in, at::TensorOptions(at::kFloat), type).t();
  assign(matrix, at::randn({in, out}));
  return matrix;
}

const std::vector<at::ScalarType> kTypes = {at::kFloat, at::kBFloat16, at::kHalf, at::kChar};

TEST_F(FewRows, GiveTheProductOfEveryTypeThatLiesByColumns) {
  for (const auto type : kTypes) {
    for (const auto& [in, out] : kShapes) {
      const auto matrix = byColumns(in, out, type);
      const auto bias = at::randn({out});
      for (std::int64_t rows = 1; rows <= 24; ++rows) {
        const auto x = at::randn({rows, in});
        const auto expected = at::mm(x.to(at::kDouble), widened(matrix).to(at::kDouble));
        EXPECT_LE(test::distance(fewRowsProduct(x, matrix, {}), expected), 5e-5)
            << type << " " << rows << "x" << in << "x" << out;
        EXPECT_LE(test::distance(fewRowsProduct(x, matrix, bias), expected + bias), 5e-5);
        EXPECT_LE(test::distance(product(x, matrix, bias), expected + bias), 5e-5);
      }
    }
  }
}

TEST_F(FewRows, WidenEveryFiniteHalfExactly) {
  std::vector<std::int16_t> bits;
  for (int i = 0; i < 1 << 16; ++i) {
    if ((i & 0x7C00) != 0x7C00) bits.push_back(static_cast<std::int16_t>(i));
  }
  const auto all = at::tensor(bits, at::TensorOptions(at::kShort)).view(at::kHalf);
  for (const std::int64_t place : {5, 16}) {  // in a whole vector, and in the rest
    const auto matrix = at::zeros({all.size(0), 17}, at::kHalf);
    matrix.select(1, place).copy_(all);
    EXPECT_TRUE(at::equal(fewRowsProduct(at::ones({1, 17}), matrix.t(), {}).flatten(), all.to(at::kFloat))) << place;
  }
}

TEST_F(FewRows, ARowsResultDoesNotDependOnTheOthersByColumns) {
  for (const auto type : kTypes) {
    for (const auto& [in, out] : kShapes) {
      const auto matrix = byColumns(in, out, type);
      const auto x = at::randn({24, in});
      const auto all = fewRowsProduct(x, matrix, {});
      for (const std::int64_t rows : {1, 2, 5, 7, 12, 13}) {
        EXPECT_TRUE(at::equal(fewRowsProduct(x.narrow(0, 0, rows).contiguous(), matrix, {}), all.narrow(0, 0, rows)))
            << type << " " << rows << "x" << in << "x" << out;
      }
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
  EXPECT_TRUE(hasFewRows(at::ones({15, 16}), matrix.t()));
  EXPECT_FALSE(hasFewRows(at::ones({16, 16}), matrix.t()));
  EXPECT_TRUE(hasFewRows(at::ones({24, 16}), matrix.to(at::kBFloat16).t()));
  EXPECT_FALSE(hasFewRows(at::ones({2, 8}), matrix.to(at::kBFloat16))) << "narrow and row by row";
  EXPECT_FALSE(hasFewRows(at::ones({2, 4}), matrix.narrow(0, 0, 4).narrow(1, 0, 8)));
  EXPECT_FALSE(hasFewRows(at::ones({2, 8}, at::kDouble), matrix.to(at::kDouble)));
  EXPECT_FALSE(hasFewRows(at::ones({8, 2}).t(), matrix));
  const at::AutoGradMode training(true);
  EXPECT_FALSE(hasFewRows(at::ones({2, 8}), matrix)) << "training is computed as ever";
}

}  // namespace
}  // namespace rosa::adapt
