// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/run_control.h"

#include <gtest/gtest.h>

#include <thread>

namespace rosa::train {
namespace {

TEST(RunControlTest, ARequestIsHandedOutOnce) {
  RunControl control;
  control.requestSave();
  control.requestSample();
  const auto first = control.take();
  EXPECT_TRUE(first.save);
  EXPECT_TRUE(first.sample);
  const auto second = control.take();
  EXPECT_FALSE(second.save);
  EXPECT_FALSE(second.sample);
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
  std::jthread asker([&] { control.requestSample(); });
  const auto sample = control.waitAndTake();
  EXPECT_TRUE(sample.sample);
  EXPECT_TRUE(sample.paused);
  asker = std::jthread([&] { control.unpause(); });
  EXPECT_FALSE(control.waitAndTake().paused);
}

TEST(RunControlTest, StopEndsAPauseAndNoPauseFollowsIt) {
  RunControl control;
  control.pause();
  std::jthread stopper([&] { control.stop(StopMode::Save); });
  EXPECT_TRUE(control.waitAndTake().stop);
  control.pause();
  EXPECT_FALSE(control.take().paused);
}

}  // namespace
}  // namespace rosa::train
