// SPDX-License-Identifier: GPL-3.0-or-later
#include "optim/schedule.h"

#include <gtest/gtest.h>

#include <cmath>

namespace rosa::optim {
namespace {

/// Ten steps of warm-up in a hundred.
ScheduleSettings of(Schedule schedule) {
  ScheduleSettings settings;
  settings.schedule = schedule;
  settings.warmupSteps = 10;
  settings.totalSteps = 100;
  settings.decaySteps = 20;
  return settings;
}

constexpr Schedule kAll[] = {Schedule::Constant,           Schedule::Linear,           Schedule::Cosine,
                             Schedule::CosineWithRestarts, Schedule::Polynomial,       Schedule::InverseSqrt,
                             Schedule::CosineWithMinLr,    Schedule::WarmupStableDecay};

TEST(ScheduleFactor, WarmsUpFromZeroAndReachesThePeak) {
  for (const auto schedule : kAll) {
    auto settings = of(schedule);
    EXPECT_EQ(scheduleFactor(settings, 0), 0);
    EXPECT_EQ(scheduleFactor(settings, 5), 0.5);
    EXPECT_EQ(scheduleFactor(settings, 10), 1);
    settings.warmupSteps = 0;
    EXPECT_EQ(scheduleFactor(settings, 0), 1);
  }
}

TEST(ScheduleFactor, EndsWhereItShould) {
  EXPECT_EQ(scheduleFactor(of(Schedule::Constant), 1000), 1);
  EXPECT_DOUBLE_EQ(scheduleFactor(of(Schedule::Linear), 55), 0.5);
  EXPECT_DOUBLE_EQ(scheduleFactor(of(Schedule::Cosine), 55), 0.5);
  for (const auto schedule : {Schedule::Linear, Schedule::Cosine, Schedule::CosineWithRestarts, Schedule::Polynomial,
                              Schedule::WarmupStableDecay}) {
    EXPECT_NEAR(scheduleFactor(of(schedule), 100), 0, 1e-15);
  }
  EXPECT_EQ(scheduleFactor(of(Schedule::Linear), 150), 0);
}

TEST(ScheduleFactor, NeverFallsBelowItsMinimum) {
  for (const auto schedule : {Schedule::Polynomial, Schedule::CosineWithMinLr, Schedule::WarmupStableDecay}) {
    auto settings = of(schedule);
    settings.minimum = 0.25;
    EXPECT_DOUBLE_EQ(scheduleFactor(settings, 100), 0.25);
    double least = 1;
    for (std::int64_t step = 10; step <= 100; ++step) least = std::min(least, scheduleFactor(settings, step));
    EXPECT_DOUBLE_EQ(least, 0.25);
  }
}

TEST(ScheduleFactor, ADecayLongerThanTheRunBeginsAtThePeak) {
  auto settings = of(Schedule::WarmupStableDecay);
  settings.decaySteps = 200;
  EXPECT_EQ(scheduleFactor(settings, 10), 1);
  EXPECT_LT(scheduleFactor(settings, 20), 1);
}

TEST(ScheduleFactor, SurvivesAWarmupAsLongAsTheRun) {
  for (const auto schedule : kAll) {
    auto settings = of(schedule);
    settings.totalSteps = 10;
    settings.decaySteps = 0;
    EXPECT_EQ(scheduleFactor(settings, 9), 0.9);
    EXPECT_TRUE(std::isfinite(scheduleFactor(settings, 10)));
  }
}

}  // namespace
}  // namespace rosa::optim
