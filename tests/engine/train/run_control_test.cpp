// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/run_control.h"

#include <gtest/gtest.h>

#include <thread>

namespace rosa::train {
namespace {

TEST(RunControlTest, ARequestIsHandedOutOnce) {
  RunControl control;
  control.give(SaveRun{});
  control.give(SampleRun{});
  const auto first = control.take();
  ASSERT_EQ(first.commands.size(), 2U);
  EXPECT_EQ(commandName(first.commands[0]), "save");
  EXPECT_EQ(commandName(first.commands[1]), "sample");
  EXPECT_TRUE(control.take().commands.empty());
}

TEST(RunControlTest, DiscardOutranksSaveAndStays) {
  RunControl control;
  control.stop(StopMode::Discard);
  control.stop(StopMode::Save);
  EXPECT_TRUE(control.discarding());
  EXPECT_TRUE(control.take().stop);
  EXPECT_TRUE(control.take().stop) << "a stop is not a one-time request";
}

TEST(RunControlTest, SaveFirstThenDiscard) {
  RunControl control;
  control.stop(StopMode::Save);
  EXPECT_FALSE(control.discarding());
  control.stop(StopMode::Discard);
  EXPECT_TRUE(control.discarding());
}

TEST(RunControlTest, APausedLoopWakesForRequestsAndForTheEndOfThePause) {
  RunControl control;
  control.pause();
  EXPECT_TRUE(control.take().paused);
  std::jthread asker([&] { control.give(SampleRun{}); });
  const auto sample = control.waitAndTake();
  EXPECT_EQ(commandName(sample.commands.back()), "sample");
  EXPECT_TRUE(sample.paused);
  asker = std::jthread([&] { control.unpause(); });
  EXPECT_FALSE(control.waitAndTake().paused);
}

TEST(RunControlTest, StopEndsAPauseAndNoPauseFollowsIt) {
  RunControl control;
  control.pause();
  EXPECT_TRUE(control.take().paused);
  std::jthread stopper([&] { control.stop(StopMode::Save); });
  EXPECT_TRUE(control.waitAndTake().stop);
  control.pause();
  EXPECT_FALSE(control.take().paused);
}

}  // namespace
}  // namespace rosa::train
