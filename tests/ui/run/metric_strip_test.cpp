// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/run/metric_strip.h"

#include <gtest/gtest.h>

#include <cmath>

#include "pages/run/run_state.h"
#include "support/example_events.h"

namespace rosa::ui {
namespace {

class MetricStripTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string value(const char* label) { return strip_.valueOf(QLatin1String(label)).toStdString(); }

  Theme theme_;
  MetricStrip strip_{theme_};
  RunState state_;
};

TEST_F(MetricStripTest, ShowsTheNewestFigures) {
  for (const Event& event : test::exampleEvents(420)) state_.take(event);
  strip_.setState(state_);
  EXPECT_EQ(value("Step"), "420 of 950");
  EXPECT_EQ(value("Epoch"), "0.88 of 2.00");
  EXPECT_EQ(value("Speed"), "18,400 tokens/s");
  EXPECT_EQ(value("Memory"), "0.29 of 25.0 GiB");
  EXPECT_EQ(value("Rate"), "1.19e-3");
  EXPECT_EQ(value("Left"), "3m 21s");
}

TEST_F(MetricStripTest, ShowsDashesBeforeTheFirstStep) {
  strip_.setState(state_);
  for (const char* label : {"Loss", "Validation", "Step", "Speed", "Memory", "Left"}) EXPECT_EQ(value(label), "–");
}

TEST_F(MetricStripTest, NamesASmoothedLossAsOne) {
  for (const Event& event : test::exampleEvents(95)) state_.take(event);
  strip_.setState(state_);
  EXPECT_EQ(value("Loss, smoothed"),
            QString::number(state_.curves.smoothedLoss().points().back().value, 'f', 4).toStdString());
  EXPECT_EQ(value("Loss"), "") << "no other figure goes by that name";
  state_.curves.setSmoothing(0);
  strip_.setState(state_);
  EXPECT_EQ(value("Loss"), QString::number(test::exampleLoss(95), 'f', 4).toStdString());
}

TEST_F(MetricStripTest, ShowsALossThatIsNotANumber) {
  StepCompleted step;
  step.step = 1;
  step.loss = std::nan("");
  step.gradientNorm = INFINITY;
  step.applied = false;
  state_.take(step);
  strip_.setState(state_);
  EXPECT_EQ(value("Loss"), "NaN");
  EXPECT_EQ(value("Gradient"), "Inf");
}

TEST_F(MetricStripTest, HasNoTimeLeftWhenTheRunHasEnded) {
  for (const Event& event : test::exampleEvents(420)) state_.take(event);
  state_.take(RunFinished{});
  strip_.setState(state_);
  EXPECT_EQ(value("Left"), "–");
}

}  // namespace
}  // namespace rosa::ui
