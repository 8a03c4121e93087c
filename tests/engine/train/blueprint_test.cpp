// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/blueprint.h"

#include <gtest/gtest.h>

#include "adapt/slice.h"

namespace rosa::train {
namespace {

TEST(BlueprintTest, AccumulationMakesStepsFewer) {
  RunConfig config;
  config.batch = 4;
  config.accumulate = 3;
  config.epochs = 2;
  config.resampleEvery = {Interval::Unit::Steps, 5};
  const auto counts = countSteps(config, 100);
  EXPECT_EQ(counts.stepsPerEpoch, 9);
  EXPECT_EQ(counts.totalSteps, 18);
  EXPECT_EQ(counts.resampleEvery, 5);
  EXPECT_EQ(expectedResamples(counts), 3) << "after steps 5, 10 and 15";
}

TEST(BlueprintTest, NoResampleFallsOnTheLastStep) {
  Counts counts;
  counts.totalSteps = 20;
  counts.resampleEvery = 10;
  EXPECT_EQ(expectedResamples(counts), 1);
}

TEST(BlueprintTest, OnlyRosaResamples) {
  RunConfig config;
  config.method = Method::Lora;
  EXPECT_EQ(countSteps(config, 100).resampleEvery, 0);
}

TEST(BlueprintTest, ExpectedCoverageIsTheMeanOverManyDraws) {
  constexpr std::int64_t kRank = 5, kDirections = 40, kResamples = 6, kTrials = 4000;
  double touched = 0;
  for (std::int64_t trial = 0; trial < kTrials; ++trial) {
    std::vector<bool> seen(kDirections);
    for (std::int64_t cycle = 0; cycle <= kResamples; ++cycle) {
      const auto slice = adapt::drawSlice(11, cycle, trial, kRank, kDirections);
      for (std::int64_t i = 0; i < slice.count; ++i) seen[static_cast<std::size_t>(slice.start + i)] = true;
    }
    touched += static_cast<double>(std::count(seen.begin(), seen.end(), true));
  }
  EXPECT_NEAR(expectedCoverage(kRank, kDirections, kResamples), touched / (kTrials * kDirections), 0.01);
  EXPECT_EQ(expectedCoverage(40, 40, 0), 1);
}

TEST(CheckResampleInterval, RefusesOneThatIsLongerThanTheRun) {
  RunConfig config;
  config.steps = 10;
  config.batch = 1;
  config.resampleEvery = {Interval::Unit::Epochs, 0.5};
  EXPECT_TRUE(asksForResamples(config));
  EXPECT_TRUE(checkResampleInterval(countSteps(config, 20)).hasValue());
  const auto refused = checkResampleInterval(countSteps(config, 22));
  ASSERT_FALSE(refused.hasValue());
  EXPECT_NE(refused.error().message.find("10 steps"), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().message.find("step 11"), std::string::npos) << refused.error().message;
  EXPECT_FALSE(asksForResamples(RunConfig()));
}

TEST(ExpectedCoverage, FollowsTheRuleOfTheSlices) {
  const auto expected = [](auto configure, std::int64_t resamples) {
    RunConfig config;
    configure(config);
    return expectedCoverage(config, 8, 64, resamples);
  };
  const auto sweep = [](RunConfig& config) { config.slice = SliceRule::Sweep; };
  EXPECT_DOUBLE_EQ(expected(sweep, 3), 0.5);
  EXPECT_DOUBLE_EQ(expected(sweep, 7), 1);
  EXPECT_DOUBLE_EQ(expected(sweep, 20), 1);
  EXPECT_DOUBLE_EQ(expected([](RunConfig& config) { config.basis = Basis::Fast; }, 3), 0.5);
  EXPECT_DOUBLE_EQ(expected([](RunConfig& config) { config.factorise = Factorise::RandomAdd; }, 20), 1);
  EXPECT_DOUBLE_EQ(expected([](RunConfig& config) { config.slice = SliceRule::Top; }, 20), 0.125);
  EXPECT_DOUBLE_EQ(expected([](RunConfig& config) { config.slice = SliceRule::Uniform; }, 1), 1 - 0.875 * 0.875);
  EXPECT_DOUBLE_EQ(expected([](RunConfig&) {}, 3), expectedCoverage(8, 64, 3));
}

}  // namespace
}  // namespace rosa::train
