// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/value_range.h"

#include <gtest/gtest.h>

#include <cmath>

namespace rosa::ui {
namespace {

TEST(ValueRange, LooksOnlyAtTheStepsShown) {
  BoundedSeries series;
  series.add(1, 9);
  series.add(5, 2);
  series.add(6, 3);
  series.add(9, -4);
  const ValueRange range = valuesBetween(series, 5, 8);
  EXPECT_EQ(range.lower, 2);
  EXPECT_EQ(range.upper, 3);
  EXPECT_TRUE(valuesBetween(series, 7, 8).empty());
}

TEST(ValueRange, LeavesAirAroundTheLossAndNoneBelowZero) {
  const ValueRange linear = lossRange({2, 4}, false);
  EXPECT_LT(linear.lower, 2);
  EXPECT_GT(linear.upper, 4);
  const ValueRange logarithmic = lossRange({0, 4}, true);
  EXPECT_GT(logarithmic.lower, 0);
  EXPECT_GT(logarithmic.upper, 4);
}

TEST(ValueRange, IsNeverFlat) {
  const ValueRange loss = lossRange({3, 3}, false);
  EXPECT_LT(loss.lower, loss.upper);
  const ValueRange logarithmic = lossRange({3, 3}, true);
  EXPECT_LT(logarithmic.lower, logarithmic.upper);
  EXPECT_GT(fromZero({}, 0.5).upper, 0.5);
  EXPECT_EQ(fromZero({1, 2}, 0.5).lower, 0);
}

TEST(ValueRange, HoldsWhatALineReachesBetweenItsPoints) {
  BoundedSeries validation;
  validation.add(0, 10);
  validation.add(100, 0);
  const ValueRange range = valuesDrawn(validation, 20, 40);
  EXPECT_DOUBLE_EQ(range.lower, 6);
  EXPECT_DOUBLE_EQ(range.upper, 8);
  EXPECT_TRUE(valuesDrawn(validation, 120, 140).empty()) << "no line goes on after the last point";
}

TEST(ValueRange, OfOneLossHasLabelsThatCanBeRead) {
  const ValueRange range = lossRange({4.62769, 4.62769}, false);
  EXPECT_GT(range.upper - range.lower, 0.02) << "not 4.62765 to 4.62773";
}

TEST(ValueRange, OfALossThatRanAwayCanBeDrawn) {
  for (const bool logarithmic : {false, true}) {
    const ValueRange range = lossRange({-1e308, 1e308}, logarithmic);
    EXPECT_TRUE(std::isfinite(range.upper - range.lower)) << logarithmic;
    EXPECT_LT(range.upper, 1e250) << "QCustomPlot draws nothing beyond";
  }
  EXPECT_LT(fromZero({0, 1e308}, 1).upper, 1e250);
}

}  // namespace
}  // namespace rosa::ui
