// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/quick_plan.h"

#include <gtest/gtest.h>

#include "support/fake_engine.h"

namespace rosa::ui {
namespace {

class QuickPlanTest : public ::testing::Test {
 protected:
  test::FakeEngine engine_;
  RunConfig planned_ = test::sampleConfig();
  RunPlan plan_ = engine_.plan(planned_);
};

/// What the engine would say is what the arithmetic says, whatever was typed since the last plan.
void expectSame(const std::optional<QuickPlan>& quick, const RunPlan& real) {
  ASSERT_TRUE(quick.has_value());
  EXPECT_EQ(quick->trainableParameters, real.trainableParameters);
  EXPECT_EQ(quick->totalSteps, real.totalSteps);
  EXPECT_EQ(quick->resamples, real.expectedResamples);
}

TEST_F(QuickPlanTest, FollowsTheRank) {
  for (const std::int64_t rank : {1, 4, 31}) {
    RunConfig next = planned_;
    next.rank.value = rank;
    expectSame(quickPlan(plan_, planned_, next), engine_.plan(next));
  }
  RunConfig half = planned_;
  half.rank.value = 0.5;
  expectSame(quickPlan(plan_, planned_, half), engine_.plan(half));
}

TEST_F(QuickPlanTest, FollowsDurationBatchAndInterval) {
  RunConfig next = planned_;
  next.batch = 32;
  next.epochs = 1.5;
  next.resampleEvery.count = 7;
  expectSame(quickPlan(plan_, planned_, next), engine_.plan(next));
  next.steps = 100;
  next.epochs.reset();
  expectSame(quickPlan(plan_, planned_, next), engine_.plan(next));
}

TEST_F(QuickPlanTest, TrainsTheWholeWeightAtFullRank) {
  RunPlan plan;
  plan.totalSteps = 10;
  plan.stepsPerEpoch = 10;
  plan.layers = {{"w", 64, 32, 8, false}};
  plan.trainableParameters = 8 * (64 + 32);
  RunConfig next = planned_;
  next.rank.value = std::int64_t{32};
  EXPECT_EQ(quickPlan(plan, planned_, next)->trainableParameters, 64 * 32);
}

TEST_F(QuickPlanTest, ABottlenecksWidthFollowsTheRank) {
  RunPlan plan;
  plan.totalSteps = 10;
  plan.stepsPerEpoch = 10;
  plan.layers = {{"w", 64, 32, 8, false}};
  plan.trainableParameters = 2 * 32 * 8 + 8 + 32;
  planned_.method = Method::Houlsby;
  planned_.rank.value = std::int64_t{8};
  RunConfig next = planned_;
  next.rank.value = std::int64_t{3};
  EXPECT_EQ(quickPlan(plan, planned_, next)->trainableParameters, 2 * 32 * 3 + 3 + 32);
}

TEST_F(QuickPlanTest, KnowsNothingOfOtherLayersOrAnotherModel) {
  RunConfig next = planned_;
  next.layers = "attention";
  EXPECT_FALSE(quickPlan(plan_, planned_, next).has_value());
  next = planned_;
  next.model = "/samples/other";
  EXPECT_FALSE(quickPlan(plan_, planned_, next).has_value());
  EXPECT_FALSE(quickPlan(RunPlan{}, planned_, planned_).has_value());
}

TEST(RankOf, IsAtLeastOneDirection) {
  EXPECT_EQ(rankOf(Rank{std::int64_t{8}}, 64), 8);
  EXPECT_EQ(rankOf(Rank{0.25}, 64), 16);
  EXPECT_EQ(rankOf(Rank{0.001}, 64), 1);
}

}  // namespace
}  // namespace rosa::ui
