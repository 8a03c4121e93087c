// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/mean_curve.h"

#include <gtest/gtest.h>

#include <cmath>

#include "rosa/interval.h"

namespace rosa::ui {
namespace {

TEST(MeanCurve, IsTheMeanWithStudentsInterval) {
  const auto mean = meanCurve({{{1, 2}, {2, 4}}, {{1, 4}, {2, 4}}, {{1, 6}, {2, 4}}});
  ASSERT_EQ(mean.size(), 2U);
  EXPECT_DOUBLE_EQ(mean[0].mean, 4);
  EXPECT_DOUBLE_EQ(mean[0].half, metrics::studentQuantile(2) * 2 / std::sqrt(3.0));
  EXPECT_DOUBLE_EQ(mean[1].mean, 4);
  EXPECT_DOUBLE_EQ(mean[1].half, 0);
}

TEST(MeanCurve, ReadsACurveBetweenItsPoints) {
  const auto mean = meanCurve({{{0, 0}, {10, 10}}, {{0, 0}, {5, 7}, {10, 10}}});
  ASSERT_EQ(mean.size(), 3U);
  EXPECT_DOUBLE_EQ(mean[1].place, 5);
  EXPECT_DOUBLE_EQ(mean[1].mean, 6);
}

TEST(MeanCurve, GoesOnWithTheRunsThatHaveComeThatFar) {
  const auto mean = meanCurve({{{1, 1}, {2, 1}}, {{1, 3}, {2, 3}, {3, 5}}, {}});
  ASSERT_EQ(mean.size(), 3U);
  EXPECT_DOUBLE_EQ(mean[1].mean, 2);
  EXPECT_GT(mean[1].half, 0);
  EXPECT_DOUBLE_EQ(mean[2].mean, 5);
  EXPECT_DOUBLE_EQ(mean[2].half, 0) << "one run says nothing about others";
  EXPECT_TRUE(meanCurve({}).empty());
}

TEST(MeanCurve, LosesNoSpike) {
  std::vector<PlacedPoint> flat, spiked;
  for (int step = 0; step < 1000; ++step) {
    flat.push_back({static_cast<double>(step), 1});
    spiked.push_back({static_cast<double>(step), step == 500 ? 101.0 : 1.0});
  }
  const auto mean = meanCurve({flat, spiked});
  EXPECT_DOUBLE_EQ(mean.at(500).mean, 51);
}

}  // namespace
}  // namespace rosa::ui
