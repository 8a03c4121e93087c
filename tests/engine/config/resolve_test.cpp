// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/resolve.h"

#include <gtest/gtest.h>

namespace rosa::config {
namespace {

RunConfig withEpochs(double epochs) {
  RunConfig config;
  config.epochs = epochs;
  return config;
}

TEST(Resolve, StepsWinOverEpochsAndThreeEpochsAreTheDefault) {
  RunConfig config;
  EXPECT_EQ(resolveSteps(config, 100), 300);
  config.steps = 7;
  EXPECT_EQ(resolveSteps(config, 100), 7);
}

TEST(Resolve, APartOfAStepCountsAsOne) {
  EXPECT_EQ(resolveSteps(withEpochs(0.5), 3), 2);
  EXPECT_EQ(resolveSteps(withEpochs(0.001), 3), 1);
  EXPECT_EQ(resolveSteps(withEpochs(0.1), 30), 3) << "0.1 * 30 is above 3 in binary";
  EXPECT_EQ(resolveSteps(withEpochs(1e300), 1000), 1'000'000'000'000'000) << "bounded, not overflown";
}

TEST(Resolve, IntervalsAreAtLeastOneStep) {
  EXPECT_EQ(intervalSteps({Interval::Unit::Never, 0}, 100), 0);
  EXPECT_EQ(intervalSteps({Interval::Unit::Steps, 25}, 100), 25);
  EXPECT_EQ(intervalSteps({Interval::Unit::Epochs, 1}, 100), 100);
  EXPECT_EQ(intervalSteps({Interval::Unit::Epochs, 0.25}, 10), 3);
  EXPECT_EQ(intervalSteps({Interval::Unit::Epochs, 0.01}, 10), 1);
}

TEST(Resolve, WarmupIsCountedInStepsOrAsAShare) {
  EXPECT_EQ(warmupSteps({100, std::nullopt}, 1000), 100);
  EXPECT_EQ(warmupSteps({100, std::nullopt}, 30), 30);
  EXPECT_EQ(warmupSteps({0, 0.06}, 1000), 60);
  EXPECT_EQ(warmupSteps({0, 0.06}, 10), 1);
  EXPECT_EQ(warmupSteps({0, 0.0}, 10), 0);
}

TEST(Resolve, TheRateWarmsUpAgainWhereMomentsStartCold) {
  RunConfig config;
  EXPECT_EQ(rewarmSteps(config, 200), 10);
  EXPECT_EQ(rewarmSteps(config, 40), 10);
  EXPECT_EQ(rewarmSteps(config, 20), 5);
  EXPECT_EQ(rewarmSteps(config, 3), 0);
  EXPECT_EQ(rewarmSteps(config, 0), 10) << "a plateau's";
  config.momentReset = MomentReset::All;
  EXPECT_EQ(rewarmSteps(config, 200), 10);
  for (const auto kept : {MomentReset::KeepSecond, MomentReset::Prune, MomentReset::Rotate}) {
    config.momentReset = kept;
    EXPECT_EQ(rewarmSteps(config, 200), 0);
  }
  config = {};
  config.stagger = true;
  EXPECT_EQ(rewarmSteps(config, 200), 0);
  config = {};
  config.method = Method::Galore;
  EXPECT_EQ(rewarmSteps(config, 200), 0);
  config.rewarm = 7;
  EXPECT_EQ(rewarmSteps(config, 200), 7) << "what is set counts";
}

TEST(Resolve, AShareOfALayerIsRoundedDownButNotToZero) {
  EXPECT_EQ(layerRank(Rank{std::int64_t{8}}, 4), 8) << "too large a number is the planner's to refuse";
  EXPECT_EQ(layerRank(Rank{0.1}, 64), 6);
  EXPECT_EQ(layerRank(Rank{0.01}, 64), 1);
  EXPECT_EQ(layerRank(Rank{1.0}, 64), 64);
}

TEST(Resolve, ReadsWindowsByCycleAndLayer) {
  const auto windows = parseWindows("0,8; 16 ,24;");
  ASSERT_TRUE(windows);
  EXPECT_EQ(*windows, (SliceWindows{{0, 8}, {16, 24}}));
  EXPECT_TRUE(parseWindows("")->empty());
}

TEST(Resolve, RefusesWindowsThatAreNoTable) {
  for (const auto* wrong : {";", "a", "1,,2", "1,2;3", "-1", "1.5", ","}) {
    const auto windows = parseWindows(wrong);
    ASSERT_FALSE(windows) << wrong;
    EXPECT_NE(windows.error().message.find("write"), std::string::npos);
  }
}

}  // namespace
}  // namespace rosa::config
