// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/heat_map.h"

#include <gtest/gtest.h>

namespace rosa::experiment {
namespace {

std::size_t countOf(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(HeatMap, ColoursAllPanelsOnOneScale) {
  const auto svg = heatMap({"A & B", "x", "y"}, {{"one", {{0, 2}, {1, 0}}}, {"two", {{4, 0}}}});
  EXPECT_NE(svg.find("A &amp; B"), std::string::npos);
  // The largest cell and the legend's end.
  EXPECT_EQ(countOf(svg, "#08306b"), 2U) << svg;
  // Half of it, in the cell and in the legend; a quarter only in its cell.
  EXPECT_EQ(countOf(svg, "#8498b5"), 2U) << svg;
  EXPECT_EQ(countOf(svg, "#c1cbda"), 1U) << svg;
  EXPECT_NE(svg.find(">4</text>"), std::string::npos) << "the legend names the largest";
}

TEST(HeatMap, OfNothingIsStillAPicture) {
  for (const auto& panels : {std::vector<HeatPanel>{}, std::vector<HeatPanel>{{"none", {{0, 0}}}}}) {
    const auto svg = heatMap({"t", "x", "y"}, panels);
    EXPECT_EQ(svg.find("nan"), std::string::npos);
    EXPECT_NE(svg.find("</svg>"), std::string::npos);
  }
}

}  // namespace
}  // namespace rosa::experiment
