// SPDX-License-Identifier: GPL-3.0-or-later
#include "rosa/interval.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace rosa::metrics {
namespace {

TEST(StudentQuantile, IsThatOfPrintedTables) {
  EXPECT_NEAR(studentQuantile(1), 12.7062, 1e-4);
  EXPECT_NEAR(studentQuantile(2), 4.3027, 1e-4);
  EXPECT_NEAR(studentQuantile(30), 2.0423, 1e-4);
  EXPECT_NEAR(studentQuantile(31), 2.0395, 1e-4);
  EXPECT_NEAR(studentQuantile(60), 2.0003, 1e-4);
  EXPECT_NEAR(studentQuantile(1000000), 1.95996, 1e-5);
}

TEST(MeanInterval, OfThreeValues) {
  const auto interval = meanInterval(std::array{1.0, 2.0, 3.0});
  EXPECT_DOUBLE_EQ(interval.mean, 2);
  EXPECT_NEAR(interval.half, 4.302653 / std::sqrt(3.0), 1e-6);
  EXPECT_EQ(interval.count, 3U);
}

TEST(MeanInterval, OneValueSaysNothingOfTheSpread) {
  EXPECT_TRUE(std::isinf(meanInterval(std::array{0.5}).half));
  EXPECT_EQ(meanInterval({}).count, 0U);
}

TEST(PairedInterval, TakesOutWhatSeedsShare) {
  const std::array left = {10.1, 20.2, 30.1, 40.2};
  const std::array right = {10.0, 20.0, 30.0, 40.0};
  const auto paired = pairedInterval(left, right);
  EXPECT_NEAR(paired.mean, 0.15, 1e-12);
  EXPECT_LT(paired.half, 0.1) << "although each alone spreads over 30";
}

}  // namespace
}  // namespace rosa::metrics
