// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/bounded_series.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace rosa::ui {
namespace {

TEST(BoundedSeries, StaysBoundedAndKeepsEverySpike) {
  BoundedSeries series(64);
  for (int step = 1; step <= 10000; ++step) series.add(step, step == 777 ? 50.0 : step == 1234 ? -50.0 : 1.0);
  EXPECT_LE(series.points().size(), 64U);
  const auto has = [&](CurvePoint wanted) {
    return std::count(series.points().begin(), series.points().end(), wanted);
  };
  EXPECT_EQ(has({777, 50.0}), 1);
  EXPECT_EQ(has({1234, -50.0}), 1);
  EXPECT_EQ(series.points().back(), (CurvePoint{10000, 1.0}));
  for (std::size_t i = 1; i < series.points().size(); ++i) {
    EXPECT_LT(series.points()[i - 1].step, series.points()[i].step);
  }
}

TEST(BoundedSeries, WhatIsOldIsKeptAsFinelyAsTheRest) {
  BoundedSeries series;
  for (int step = 1; step <= 1'000'000; ++step) series.add(step, step == 314'159 ? 50.0 : 1.0 + step % 2);
  ASSERT_LE(series.points().size(), BoundedSeries::kMostPoints);
  double longest = 0;
  for (std::size_t i = 1; i < series.points().size(); ++i) {
    longest = std::max(longest, series.points()[i].step - series.points()[i - 1].step);
  }
  EXPECT_LE(longest, 4 * 1'000'000.0 / (BoundedSeries::kMostPoints / 4.0)) << "a few pixels at most";
  EXPECT_EQ(std::count(series.points().begin(), series.points().end(), (CurvePoint{314'159, 50.0})), 1);
}

TEST(BoundedSeries, TellsWhenOldPointsChanged) {
  BoundedSeries series(16);
  for (int step = 0; step < 16; ++step) series.add(step, step);
  EXPECT_EQ(series.generation(), 0);
  series.add(16, 16);
  EXPECT_EQ(series.generation(), 1);
  series.truncateAfter(3);
  EXPECT_EQ(series.generation(), 2);
  EXPECT_LE(series.points().back().step, 3);
  series.truncateAfter(100);
  EXPECT_EQ(series.generation(), 2) << "nothing went, nothing changed";
}

TEST(BoundedSeries, LeavesOutWhatIsNotANumber) {
  BoundedSeries series;
  series.add(1, std::nan(""));
  series.add(2, INFINITY);
  EXPECT_TRUE(series.points().empty());
  EXPECT_EQ(series.nearest(1), nullptr);
}

TEST(BoundedSeries, FindsTheNearestPoint) {
  BoundedSeries series;
  for (const double step : {10.0, 20.0, 40.0}) series.add(step, step * 2);
  EXPECT_EQ(series.nearest(-5)->step, 10);
  EXPECT_EQ(series.nearest(14)->step, 10);
  EXPECT_EQ(series.nearest(31)->step, 40);
  EXPECT_EQ(series.nearest(99)->step, 40);
}

}  // namespace
}  // namespace rosa::ui
