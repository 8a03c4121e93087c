// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/run_curves.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/example_events.h"

namespace rosa::ui {
namespace {

StepCompleted stepWith(std::int64_t step, double loss) {
  StepCompleted event;
  event.step = step;
  event.loss = loss;
  return event;
}

TEST(RunCurves, CollectsWhatThePlotsShow) {
  RunCurves curves;
  for (const Event& event : test::exampleEvents(420)) curves.take(event);
  EXPECT_EQ(curves.loss().points().size(), 420U);
  EXPECT_EQ(curves.validation().points().size(), 7U);
  EXPECT_EQ(curves.resamples().size(), 3U);
  EXPECT_EQ(curves.lastStep(), 420);
  EXPECT_EQ(curves.estimateBytes(), test::exampleStart().estimate.totalBytes());
  ASSERT_TRUE(curves.resamples()[1].change.has_value());
  EXPECT_DOUBLE_EQ(*curves.resamples()[1].change, -0.021);
}

TEST(RunCurves, AMeanThatComesWithAThinnedCourseGoesOnAsItWas) {
  RunCurves whole;
  RunCurves thinned;
  double sum = 0;
  double weight = 0;
  constexpr std::int64_t kThinned = 1000;
  for (std::int64_t step = 1; step <= kThinned + 50; ++step) {
    StepCompleted event = stepWith(step, 2 + std::sin(0.1 * static_cast<double>(step)));
    sum = kUsualSmoothing * sum + (1 - kUsualSmoothing) * event.loss;
    weight = kUsualSmoothing * weight + (1 - kUsualSmoothing);
    whole.take(event);
    if (step <= kThinned && step % 100 != 0) continue;
    if (step <= kThinned) event.smoothedLoss = sum / weight;
    thinned.take(event);
  }
  EXPECT_EQ(thinned.smoothedLoss().points().size(), 60U);
  for (const CurvePoint& point : thinned.smoothedLoss().points()) {
    EXPECT_NEAR(point.value, whole.smoothedLoss().nearest(point.step)->value, 1e-4) << point.step;
  }
}

TEST(RunCurves, KeepsSavesTheBestEvaluationAndAnEarlyStop) {
  RunCurves curves;
  RunStarted started;
  started.totalSteps = 100;
  curves.take(started);
  for (const std::int64_t step : {10, 20, 30}) {
    EvaluationCompleted evaluation;
    evaluation.step = step;
    evaluation.loss = step == 20 ? 1 : 2;
    evaluation.best = step <= 20;
    curves.take(evaluation);
    CheckpointSaved saved;
    saved.step = step;
    curves.take(saved);
  }
  EXPECT_EQ(curves.saves(), (std::vector<double>{10, 20, 30}));
  EXPECT_EQ(curves.best(), (CurvePoint{20, 1}));
  EXPECT_FALSE(curves.stoppedEarly());
  RunFinished finished;
  finished.step = 30;
  finished.outcome = "stopped";
  curves.take(finished);
  EXPECT_FALSE(curves.stoppedEarly()) << "by a person";
  finished.outcome = "completed";
  curves.take(finished);
  EXPECT_TRUE(curves.stoppedEarly());
  started.firstStep = 10;
  curves.take(started);
  EXPECT_EQ(curves.saves(), std::vector<double>{10}) << "the others are trained anew";
  EXPECT_FALSE(curves.best().has_value());
  EXPECT_FALSE(curves.stoppedEarly());
}

TEST(RunCurves, StacksTheMemoryParts) {
  RunCurves curves;
  MemorySampled memory;
  memory.step = 1;
  memory.parts = {1, 2, 3, 4, 5};
  curves.take(memory);
  EXPECT_EQ(curves.memoryUpTo(0).points().back().value, 1);
  EXPECT_EQ(curves.memoryUpTo(4).points().back().value, 15);
}

TEST(RunCurves, SmoothsWithoutABiasAtTheStart) {
  RunCurves curves;
  for (std::int64_t step = 1; step <= 5; ++step) curves.take(stepWith(step, 3.0));
  for (const CurvePoint& point : curves.smoothedLoss().points()) EXPECT_NEAR(point.value, 3.0, 1e-12);
  curves.take(stepWith(6, 4.0));
  EXPECT_GT(curves.smoothedLoss().points().back().value, 3.0);
  EXPECT_LT(curves.smoothedLoss().points().back().value, 3.5);
  curves.setSmoothing(0);
  EXPECT_EQ(curves.smoothedLoss().points().size(), 6U);
  EXPECT_DOUBLE_EQ(curves.smoothedLoss().points().back().value, 4.0);
}

TEST(RunCurves, AGapInTheLossDoesNotSpoilTheMean) {
  RunCurves curves;
  curves.take(stepWith(1, 3.0));
  curves.take(stepWith(2, std::nan("")));
  curves.take(stepWith(3, 3.0));
  EXPECT_EQ(curves.loss().points().size(), 2U);
  EXPECT_NEAR(curves.smoothedLoss().points().back().value, 3.0, 1e-12);
  EXPECT_EQ(curves.lastStep(), 3);
}

TEST(RunCurves, AResumedRunTrainsTheLostStepsAnew) {
  RunCurves curves;
  for (const Event& event : test::exampleEvents(420)) curves.take(event);
  RunStarted again = test::exampleStart();
  again.firstStep = 200;
  curves.take(again);
  EXPECT_EQ(curves.loss().points().back().step, 200);
  EXPECT_EQ(curves.resamples().size(), 2U) << "the resample at 396 has not happened now";
  EXPECT_EQ(curves.lastStep(), 200);
  curves.take(test::exampleResample(1));
  EXPECT_EQ(curves.resamples().size(), 2U) << "told twice is still one";
  curves.take(stepWith(201, 2.5));
  EXPECT_EQ(curves.loss().points().back(), (CurvePoint{201, 2.5}));
}

TEST(RunCurves, StepsThatAreTrainedAnewLeaveTheMean) {
  // Saved at 26, killed at 71, continued: the losses from 27 on come a second time.
  RunCurves straight;
  RunCurves killed;
  for (RunCurves* curves : {&straight, &killed}) curves->take(test::exampleStart());
  for (std::int64_t step = 1; step <= 71; ++step) killed.take(stepWith(step, test::exampleLoss(step)));
  RunStarted again = test::exampleStart();
  again.firstStep = 26;
  killed.take(again);
  for (std::int64_t step = 1; step <= 40; ++step) {
    straight.take(stepWith(step, test::exampleLoss(step)));
    if (step > 26) killed.take(stepWith(step, test::exampleLoss(step)));
  }
  ASSERT_EQ(killed.smoothedLoss().points().size(), straight.smoothedLoss().points().size());
  for (std::size_t i = 0; i < 40; ++i) {
    EXPECT_NEAR(killed.smoothedLoss().points()[i].value, straight.smoothedLoss().points()[i].value, 1e-12) << i;
  }
}

TEST(RunCurves, ASmoothingThatStaysDoesNotChangeTheCurve) {
  RunCurves curves;
  for (std::int64_t step = 1; step <= 20000; ++step) curves.take(stepWith(step, test::exampleLoss(step)));
  const double before = curves.smoothedLoss().nearest(3000)->value;
  curves.setSmoothing(curves.smoothing());
  EXPECT_EQ(curves.smoothedLoss().nearest(3000)->value, before);
}

}  // namespace
}  // namespace rosa::ui
