// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/quick_plan.h"

#include <gtest/gtest.h>

#include "support/fake_engine.h"

namespace rosa::ui {
namespace {

/// Values worked out by hand; tests/app/studio_plan_test.cpp compares with the engine's own plans.
class QuickPlanTest : public ::testing::Test {
 protected:
  QuickPlanTest() {
    plan_.trainRows = 400;
    plan_.stepsPerEpoch = 50;
    plan_.totalSteps = 100;
    plan_.layers = {{"q_proj", 64, 64, 8, false}, {"k_proj", 64, 32, 8, false}};
    plan_.totalParameters = 260032;
    plan_.trainableParameters = 8 * (64 + 64) + 8 * (64 + 32);
  }

  RunConfig planned_ = test::sampleConfig();
  RunPlan plan_;
};

TEST_F(QuickPlanTest, FollowsTheRank) {
  RunConfig next = planned_;
  next.rank.value = std::int64_t{4};
  EXPECT_EQ(quickPlan(plan_, planned_, next)->trainableParameters, 512 + 384);
  next.rank.value = 0.25;
  EXPECT_EQ(quickPlan(plan_, planned_, next)->trainableParameters, 16 * 128 + 8 * 96);
  next.rank.value = std::int64_t{32};
  EXPECT_EQ(quickPlan(plan_, planned_, next)->trainableParameters, 32 * 128 + 64 * 32) << "the second trains whole";
}

TEST_F(QuickPlanTest, APartOfAnEpochIsRoundedAsTheRunDoes) {
  RunConfig next = planned_;
  next.epochs = 1.1;
  EXPECT_EQ(quickPlan(plan_, planned_, next)->totalSteps, 55);
  next.epochs = 0.001;
  EXPECT_EQ(quickPlan(plan_, planned_, next)->totalSteps, 1);
}

TEST_F(QuickPlanTest, FollowsDurationBatchAndInterval) {
  RunConfig next = planned_;
  next.batch = 16;
  next.accumulate = 3;
  next.epochs = 2;
  next.resampleEvery = {Interval::Unit::Epochs, 0.5};
  const auto quick = quickPlan(plan_, planned_, next);
  EXPECT_EQ(quick->stepsPerEpoch, 9);
  EXPECT_EQ(quick->totalSteps, 18);
  EXPECT_EQ(quick->resamples, 3);  // every 5 steps, none after the last
}

TEST_F(QuickPlanTest, WhatTheEngineRefusesHasNoNumbers) {
  for (const double epochs : {1e300, -1.0, 0.0}) {
    RunConfig next = planned_;
    next.epochs = epochs;
    EXPECT_FALSE(quickPlan(plan_, planned_, next).has_value()) << epochs;
  }
  RunConfig next = planned_;
  next.resampleEvery = {Interval::Unit::Epochs, 1e300};
  EXPECT_EQ(quickPlan(plan_, planned_, next)->resamples, 0);
  next = planned_;
  next.rank.value = std::int64_t{33};
  EXPECT_FALSE(quickPlan(plan_, planned_, next).has_value()) << "more than k_proj has";
}

TEST_F(QuickPlanTest, WhatARankDoesNotDecideAloneIsLeftToTheEngine) {
  for (const auto& [key, value] : {std::pair{"adapt", "a"}, std::pair{"layer-rank", "k_proj=2"}}) {
    RunConfig planned = planned_;
    ASSERT_TRUE(setConfigField(planned, key, value));
    RunConfig next = planned;
    next.rank.value = std::int64_t{4};
    EXPECT_FALSE(quickPlan(plan_, planned, next).has_value()) << key;
    EXPECT_FALSE(quickPlan(plan_, planned_, planned).has_value()) << key;
  }
}

TEST_F(QuickPlanTest, BatchesFilledByTokensAreTheEnginesToCount) {
  planned_.batchTokens = 1000;
  RunConfig next = planned_;
  next.learningRate = 1e-4;
  const auto quick = quickPlan(plan_, planned_, next);
  ASSERT_TRUE(quick.has_value());
  EXPECT_EQ(quick->stepsPerEpoch, plan_.stepsPerEpoch);
  EXPECT_EQ(quick->totalSteps, plan_.totalSteps);
  for (const char* key : {"accumulate", "epochs", "seed"}) {
    next = planned_;
    ASSERT_TRUE(setConfigField(next, key, "7"));
    EXPECT_FALSE(quickPlan(plan_, planned_, next).has_value()) << key;
  }
}

TEST_F(QuickPlanTest, ABottlenecksWidthFollowsTheRank) {
  plan_.layers = {{"w", 64, 32, 8, false}};
  plan_.trainableParameters = 2 * 32 * 8 + 8 + 32;
  planned_.method = Method::Houlsby;
  RunConfig next = planned_;
  next.rank.value = std::int64_t{3};
  EXPECT_EQ(quickPlan(plan_, planned_, next)->trainableParameters, 2 * 32 * 3 + 3 + 32);
}

TEST_F(QuickPlanTest, KnowsNothingOfOtherLayersOrAnotherModel) {
  RunConfig next = planned_;
  next.layers = "attention";
  EXPECT_FALSE(quickPlan(plan_, planned_, next).has_value());
  next = planned_;
  next.model = "/samples/other";
  EXPECT_FALSE(quickPlan(plan_, planned_, next).has_value());
  next = planned_;
  next.maxLength = 100;
  EXPECT_FALSE(quickPlan(plan_, planned_, next).has_value()) << "rows may be left out";
  EXPECT_FALSE(quickPlan(RunPlan{}, planned_, planned_).has_value());
}

}  // namespace
}  // namespace rosa::ui
