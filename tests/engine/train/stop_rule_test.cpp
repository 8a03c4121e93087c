// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/stop_rule.h"

#include <gtest/gtest.h>

#include <cmath>

#include "train/smoothed_loss.h"

namespace rosa::train {
namespace {

TEST(NonFiniteRuleTest, ThreeInARowStopTheRunAndAreNamed) {
  NonFiniteRule rule;
  EXPECT_FALSE(rule.afterStep({1, false, NAN}));
  EXPECT_FALSE(rule.afterStep({2, false, NAN}));
  EXPECT_FALSE(rule.afterStep({3, true, 2.0}));
  EXPECT_FALSE(rule.afterStep({4, false, INFINITY}));
  EXPECT_FALSE(rule.afterStep({5, false, INFINITY}));
  const auto reason = rule.afterStep({6, false, INFINITY});
  ASSERT_TRUE(reason);
  EXPECT_NE(reason->find("steps 4 to 6"), std::string::npos) << *reason;
  EXPECT_NE(reason->find("learning rate"), std::string::npos) << *reason;
}

TEST(NoGradientRuleTest, ALossWithoutAGradientStopsTheRunAtOnce) {
  NoGradientRule rule;
  const auto reason = rule.afterStep({1, true, 5.5, 0});
  ASSERT_TRUE(reason);
  EXPECT_NE(reason->find("step 1"), std::string::npos) << *reason;
  EXPECT_NE(reason->find("5.5"), std::string::npos) << *reason;
}

TEST(NoGradientRuleTest, NoLossNeedsNoGradient) {
  NoGradientRule rule;
  EXPECT_FALSE(rule.afterStep({1, true, 0, 0})) << "a batch without a target";
  EXPECT_FALSE(rule.afterStep({2, true, 1e-9, 0})) << "all is learned: the gradient rounds to 0";
  EXPECT_FALSE(rule.afterStep({3, false, NAN, NAN}));
  EXPECT_FALSE(rule.afterStep({4, true, 2, 1e-20}));
}

TEST(NoGradientRuleTest, ARunThatLearnedIsGivenThreeSteps) {
  NoGradientRule rule;
  EXPECT_FALSE(rule.afterStep({1, true, 2, 1}));
  EXPECT_FALSE(rule.afterStep({2, true, 2, 0}));
  EXPECT_FALSE(rule.afterStep({3, true, 2, 0}));
  EXPECT_FALSE(rule.afterStep({4, true, 2, 1}));
  EXPECT_FALSE(rule.afterStep({5, true, 2, 0}));
  EXPECT_FALSE(rule.afterStep({6, true, 2, 0}));
  EXPECT_TRUE(rule.afterStep({7, true, 2, 0}));
}

TEST(SmoothedLossTest, IsDebiasedAndSkipsWhatIsNotFinite) {
  SmoothedLoss loss;
  EXPECT_TRUE(std::isnan(loss.value()));
  (void)loss.add(1, 3.0);
  EXPECT_DOUBLE_EQ(loss.value(), 3.0);
  (void)loss.add(2, NAN);
  EXPECT_DOUBLE_EQ(loss.value(), 3.0);
  (void)loss.add(3, 1.0);
  EXPECT_NEAR(loss.value(), (0.9 * 0.1 * 3.0 + 0.1 * 1.0) / (0.9 * 0.1 + 0.1), 1e-12);
}

TEST(SmoothedLossTest, AResampleSettlesAfterTwentySteps) {
  SmoothedLoss loss;
  (void)loss.add(1, 2.0);
  loss.resampled(1, 1);
  for (std::int64_t step = 2; step < 21; ++step) EXPECT_TRUE(loss.add(step, 1.0).empty()) << step;
  const auto settled = loss.add(21, 1.0);
  ASSERT_EQ(settled.size(), 1U);
  EXPECT_EQ(settled[0].cycle, 1);
  EXPECT_EQ(settled[0].step, 1);
  EXPECT_LT(settled[0].smoothedLossChange, -0.5);
}

}  // namespace
}  // namespace rosa::train
