// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/coverage_choice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "adapt/rosa.h"
#include "engine/adapt/matrices.h"

namespace rosa::adapt {
namespace {

std::int64_t measuredIn(const CoverageChoice& choice) {
  return std::ranges::count(choice.measured, true);
}

TEST(CoverageChoiceTest, ABasisIsCountedAsLargeAsTheRunMakesIt) {
  const std::vector<CoveredLayer> layers = {{100, 40, 4, false}};
  EXPECT_EQ(chooseCoverage(layers, Factorise::SvdEqual, 3).bytes, 3 * 4 * 40 * 4);
  EXPECT_EQ(chooseCoverage(layers, Factorise::SvdEqual, 1000).bytes, 40 * 40 * 4) << "the layer has no more directions";
  EXPECT_EQ(chooseCoverage(layers, Factorise::RandomAdd, 3).bytes, 3 * 4 * 40 * 4);
  EXPECT_EQ(chooseCoverage(std::vector<CoveredLayer>{{40, 100, 4, false}}, Factorise::RandomAdd, 3).bytes,
            3 * 4 * 100 * 4);
}

TEST(CoverageChoiceTest, WhatRosaKeepsIsWhatWasCounted) {
  const auto weight = test::randomMatrix(40, 24, 1);
  Rosa::Settings settings;
  settings.lowRank.rank = 4;
  settings.lowRank.form = Form::Merged;
  Rosa rosa(weight, "layer", settings);
  for (std::int64_t cycle = 0; cycle < 3; ++cycle) rosa.resample(cycle, cycle * 4);
  std::int64_t bytes = 0;
  for (const auto& [name, tensor] : rosa.state()) {
    if (name == "coverage") bytes = static_cast<std::int64_t>(tensor.nbytes());
  }
  EXPECT_EQ(bytes, chooseCoverage(std::vector<CoveredLayer>{{40, 24, 4, false}}, Factorise::SvdEqual, 3).bytes);
}

TEST(CoverageChoiceTest, ALayerThatMeasuresNothingKeepsNothing) {
  Rosa::Settings settings;
  settings.lowRank.rank = 4;
  settings.lowRank.form = Form::Merged;
  settings.measuresCoverage = false;
  Rosa rosa(test::randomMatrix(40, 24, 1), "layer", settings);
  rosa.resample(0, std::nullopt);
  EXPECT_TRUE(std::isnan(rosa.coverage()));
  for (const auto& [name, tensor] : rosa.state()) {
    if (name == "coverage") {
      EXPECT_EQ(tensor.numel(), 0);
    }
  }
}

TEST(CoverageChoiceTest, BeyondTheLimitSomeLayersAreMeasuredSpreadOverTheModel) {
  const std::vector<CoveredLayer> layers(200, {4096, 4096, 64, false});
  const auto choice = chooseCoverage(layers, Factorise::SvdEqual, 1000, std::int64_t{8} * 4096 * 4096 * 4);
  EXPECT_EQ(measuredIn(choice), 8);
  EXPECT_EQ(choice.bytes, std::int64_t{8} * 4096 * 4096 * 4);
  for (std::size_t first = 0; first < 200; first += 50) {
    EXPECT_GE(std::count(choice.measured.begin() + static_cast<std::ptrdiff_t>(first),
                         choice.measured.begin() + static_cast<std::ptrdiff_t>(first) + 50, true),
              1)
        << first;
  }
}

TEST(CoverageChoiceTest, OneLayerIsMeasuredHoweverLargeItIs) {
  const std::vector<CoveredLayer> layers = {{8192, 8192, 64, false}, {64, 64, 0, true}, {4096, 4096, 64, false}};
  const auto choice = chooseCoverage(layers, Factorise::SvdEqual, 1000, 1000);
  EXPECT_EQ(choice.measured, (std::vector<bool>{false, false, true}));
}

TEST(CoverageChoiceTest, NoLayersNeedNothing) {
  EXPECT_TRUE(chooseCoverage({}, Factorise::SvdEqual, 10).measured.empty());
  EXPECT_EQ(chooseCoverage(std::vector<CoveredLayer>{{64, 64, 64, true}}, Factorise::SvdEqual, 10).bytes, 0);
}

}  // namespace
}  // namespace rosa::adapt
