// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/run/run_state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/example_events.h"

namespace rosa::ui {
namespace {

RunState stateAfter(std::int64_t steps) {
  RunState state;
  for (const Event& event : test::exampleEvents(steps)) state.take(event);
  return state;
}

TEST(RunState, KeepsTheNewestOfEachKind) {
  const RunState state = stateAfter(420);
  EXPECT_EQ(state.step->step, 420);
  EXPECT_EQ(state.evaluation->step, 420);
  EXPECT_EQ(state.checkpoint->step, 400);
  EXPECT_EQ(state.samples.front().step, 396);
  EXPECT_NEAR(state.progress(), 420.0 / 950, 1e-12);
  EXPECT_FALSE(state.ended());
  EXPECT_TRUE(state.saved());
  EXPECT_TRUE(state.generatesText());
}

TEST(RunState, BoundsItsLists) {
  RunState state;
  for (int i = 0; i < 5000; ++i) {
    state.take(LogLine{"info", std::to_string(i)});
    state.take(TextSampled{i, "prompt", "text", "schedule"});
  }
  EXPECT_EQ(state.log.size(), RunState::kMostLines);
  EXPECT_EQ(state.log.back(), QStringLiteral("4999"));
  EXPECT_EQ(state.logged, 5000);
  EXPECT_EQ(state.samples.size(), RunState::kMostSamples);
}

TEST(RunState, GoesOnWhenItsRunIsResumed) {
  RunState state = stateAfter(420);
  RunFinished stopped;
  stopped.outcome = "stopped";
  state.take(stopped);
  EXPECT_TRUE(state.ended());
  RunStarted again = test::exampleStart();
  again.firstStep = 400;
  state.take(again);
  EXPECT_FALSE(state.ended());
  EXPECT_EQ(state.curves.lastStep(), 400);
}

TEST(RunState, ForgetsWhatAKilledRunDidAfterItsCheckpoint) {
  RunState state = stateAfter(420);
  state.take(TextSampled{410, "prompt", "lost", "asked"});
  const auto shown = state.sampled;
  RunStarted again = test::exampleStart();
  again.firstStep = 200;
  state.take(again);
  for (const TextSampled& sample : state.samples) EXPECT_LE(sample.step, 200);
  EXPECT_NE(state.sampled, shown) << "the list on screen must follow";
  ASSERT_TRUE(state.evaluation);
  EXPECT_EQ(state.evaluation->step, 180) << "the last one that still holds";
  EXPECT_DOUBLE_EQ(state.evaluation->loss, test::exampleLoss(180) + 0.12);
  EXPECT_FALSE(state.step) << "step 420 has not been trained now";
  // The text of step 396 comes again.
  state.take(TextSampled{396, "prompt", "again", "resample"});
  EXPECT_EQ(std::count_if(state.samples.begin(), state.samples.end(),
                          [](const TextSampled& sample) { return sample.step == 396; }),
            1);
}

TEST(LogText, SaysWhatHappenedAndNothingAboutOrdinarySteps) {
  EXPECT_TRUE(logText(StepCompleted{}).isEmpty());
  EXPECT_TRUE(logText(MemorySampled{}).isEmpty());
  StepCompleted skipped;
  skipped.step = 12;
  skipped.applied = false;
  EXPECT_EQ(logText(skipped), QStringLiteral("Warning: step 12 was skipped, its loss or gradient was not finite"));
  RunStarted started;
  started.trainableParameters = 46240;
  started.totalParameters = 260032;
  started.totalSteps = 1000;
  started.device = "cpu";
  EXPECT_EQ(logText(started), QStringLiteral("Trains 46,240 of 260,032 parameters for 1,000 steps on the CPU"));
  started.device = "cuda:0 NVIDIA H200";
  started.firstStep = 60;
  EXPECT_EQ(logText(started), QStringLiteral("Continues after step 60 of 1,000 steps on the GPU (NVIDIA H200)"));
  EXPECT_EQ(logText(test::exampleResample(2)), QStringLiteral("Resample 2 at step 396: 30 layers in 41 ms"));
  EvaluationCompleted evaluation;
  evaluation.step = 60;
  evaluation.loss = 2.5;
  evaluation.metrics = {{"loss", 2.5}, {"f1", 0.861}};
  EXPECT_EQ(logText(evaluation), QStringLiteral("Validation at step 60: loss 2.5000, F1 0.861"));
  EXPECT_EQ(logText(RunFailed{3, "The disk is full."}), QStringLiteral("Failed: The disk is full."));
  EXPECT_EQ(logText(LogLine{"warning", "Slow."}), QStringLiteral("Warning: Slow."));
}

}  // namespace
}  // namespace rosa::ui
