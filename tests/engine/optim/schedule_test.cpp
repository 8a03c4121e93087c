// SPDX-License-Identifier: GPL-3.0-or-later
#include "optim/schedule.h"

#include <gtest/gtest.h>

namespace rosa::optim {
namespace {

TEST(ScheduleFactor, WarmsUpFromZeroAndReachesThePeak) {
  for (const auto schedule : {Schedule::Constant, Schedule::Linear, Schedule::Cosine}) {
    EXPECT_EQ(scheduleFactor(schedule, 0, 10, 100), 0);
    EXPECT_EQ(scheduleFactor(schedule, 5, 10, 100), 0.5);
    EXPECT_EQ(scheduleFactor(schedule, 10, 10, 100), 1);
    EXPECT_EQ(scheduleFactor(schedule, 0, 0, 100), 1);
  }
}

TEST(ScheduleFactor, EndsWhereItShould) {
  EXPECT_EQ(scheduleFactor(Schedule::Constant, 1000, 10, 100), 1);
  EXPECT_DOUBLE_EQ(scheduleFactor(Schedule::Linear, 55, 10, 100), 0.5);
  EXPECT_DOUBLE_EQ(scheduleFactor(Schedule::Cosine, 55, 10, 100), 0.5);
  for (const auto schedule : {Schedule::Linear, Schedule::Cosine}) {
    EXPECT_NEAR(scheduleFactor(schedule, 100, 10, 100), 0, 1e-15);
  }
  EXPECT_EQ(scheduleFactor(Schedule::Linear, 150, 10, 100), 0);
}

TEST(ScheduleFactor, SurvivesAWarmupAsLongAsTheRun) {
  EXPECT_EQ(scheduleFactor(Schedule::Linear, 9, 10, 10), 0.9);
  EXPECT_EQ(scheduleFactor(Schedule::Linear, 10, 10, 10), 1);
}

}  // namespace
}  // namespace rosa::optim
