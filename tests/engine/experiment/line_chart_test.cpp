// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/line_chart.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace rosa::experiment {
namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

TEST(AxisTicks, AreRoundAndCoverTheRange) {
  EXPECT_EQ(axisTicks(0, 200, 6), (std::vector<double>{0, 50, 100, 150, 200}));
  EXPECT_EQ(axisTicks(-0.3, 0.45, 4), (std::vector<double>{-0.2, 0, 0.2, 0.4}));
  EXPECT_EQ(axisTicks(3, 7, 4), (std::vector<double>{3, 4, 5, 6, 7}));
}

TEST(LineChart, DrawsEverySeriesAndNamesIt) {
  const auto svg = lineChart({.title = "A < B", .xLabel = "epoch", .yLabel = "error"},
                             {{"one", {0, 1, 2}, {3, 2, 1}}, {"two", {0, 1, 2}, {1, 1, 1}, true}});
  EXPECT_TRUE(svg.starts_with("<svg"));
  EXPECT_NE(svg.find("A &lt; B"), std::string::npos);
  EXPECT_NE(svg.find(">one</text>"), std::string::npos);
  EXPECT_NE(svg.find(">two</text>"), std::string::npos);
  EXPECT_EQ(count(svg, "stroke-dasharray"), 2U) << "the line and its legend";
  // The first series falls from the top left corner to the bottom right one.
  EXPECT_NE(svg.find("d=\"M76.0 44.0L"), std::string::npos) << svg;
  EXPECT_NE(svg.find("L610.0 424.0\""), std::string::npos) << svg;
}

TEST(LineChart, ALogarithmicAxisHasPowersOfTenAndSkipsWhatHasNoLogarithm) {
  const auto svg = lineChart({.title = "t", .xLabel = "x", .yLabel = "y", .logarithmic = true},
                             {{"s", {0, 1, 2, 3}, {1000, 0, 10, std::numeric_limits<double>::quiet_NaN()}}});
  EXPECT_NE(svg.find(">1e2</text>"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
}

TEST(LineChart, IsDrawnWithoutAnyPoint) {
  EXPECT_EQ(lineChart({.title = "t", .xLabel = "x", .yLabel = "y"}, {}).find("nan"), std::string::npos);
}

}  // namespace
}  // namespace rosa::experiment
