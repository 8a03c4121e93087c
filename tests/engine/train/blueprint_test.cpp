// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/blueprint.h"

#include <gtest/gtest.h>

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

TEST(ExpectedCoverage, EverySliceIsNewAsLongAsThereAreNewDirections) {
  EXPECT_DOUBLE_EQ(expectedCoverage(8, 64, 0), 0.125);
  EXPECT_DOUBLE_EQ(expectedCoverage(8, 64, 3), 0.5);
  EXPECT_DOUBLE_EQ(expectedCoverage(8, 64, 7), 1);
  EXPECT_DOUBLE_EQ(expectedCoverage(8, 64, 20), 1);
  EXPECT_DOUBLE_EQ(expectedCoverage(40, 40, 0), 1);
}

}  // namespace
}  // namespace rosa::train
