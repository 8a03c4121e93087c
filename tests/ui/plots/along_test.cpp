// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/along.h"

#include <gtest/gtest.h>

#include "plots/place_ticker.h"

namespace rosa::ui {
namespace {

/// Steps of 10 tokens each; the second half takes four times as long.
RunCurves curves() {
  RunCurves curves;
  StepCompleted done;
  for (done.step = 1; done.step <= 100; ++done.step) {
    done.tokens = 10;
    done.epoch = static_cast<double>(done.step) / 50;
    done.elapsedSeconds += done.step <= 50 ? 6 : 24;
    curves.take(done);
  }
  return curves;
}

TEST(Along, TellsWhereAStepLies) {
  const RunCurves run = curves();
  EXPECT_EQ(placeOf(run, Along::Step, 75), 75);
  EXPECT_EQ(placeOf(run, Along::Epoch, 75), 1.5);
  EXPECT_EQ(placeOf(run, Along::Tokens, 75), 750);
  EXPECT_EQ(placeOf(run, Along::Time, 50), 5) << "minutes";
  EXPECT_EQ(placeOf(run, Along::Time, 75), 15);
  EXPECT_EQ(placeOf(RunCurves(), Along::Time, 75), 0);
}

TEST(Along, FindsTheStepAgain) {
  const RunCurves run = curves();
  for (const Along along : {Along::Step, Along::Epoch, Along::Tokens, Along::Time}) {
    for (const double step : {1.0, 49.5, 50.0, 77.25, 100.0}) {
      EXPECT_NEAR(stepAt(run, along, placeOf(run, along, step)), step, 1e-9) << static_cast<int>(along);
    }
  }
  EXPECT_EQ(stepAt(run, Along::Time, 1e9), 100);
  EXPECT_EQ(stepAt(run, Along::Time, -1), 1);
  EXPECT_EQ(stepAt(RunCurves(), Along::Time, 5), 0);
}

TEST(Along, StepsThatWereLeftOutLieBetweenTheirNeighbours) {
  RunCurves run;
  StepCompleted done;
  for (done.step = 1; done.step <= 100'000; ++done.step) {
    done.tokens = 1;
    run.take(done);
  }
  EXPECT_NEAR(placeOf(run, Along::Tokens, 12'345), 12'345, 1e-6);
}

TEST(PlaceTicker, StandsAtRoundPlacesWhereverTheRunWasThen) {
  const RunCurves run = curves();
  PlaceTicker ticker;
  ticker.setPlaces(&run, Along::Time);
  QVector<double> ticks;
  QVector<QString> labels;
  ticker.generate({0, 100}, QLocale::c(), QLatin1Char('g'), 6, ticks, nullptr, &labels);
  const auto ten = labels.indexOf(QStringLiteral("10.0 min"));
  ASSERT_GE(ten, 0) << labels.size();
  EXPECT_NEAR(ticks[ten], 62.5, 1e-9) << "minutes: five for the first 50 steps, then 0.4 a step";
  ticker.setPlaces(nullptr, Along::Time);
  ticker.generate({0, 100}, QLocale::c(), QLatin1Char('g'), 6, ticks, nullptr, &labels);
  EXPECT_TRUE(labels.contains(QStringLiteral("100"))) << "without a run, steps";
}

TEST(Along, APlaceIsReadInItsUnit) {
  EXPECT_EQ(placeText(Along::Step, 1250), QStringLiteral("1,250"));
  EXPECT_EQ(placeText(Along::Epoch, 0.75), QStringLiteral("0.75"));
  EXPECT_EQ(placeText(Along::Time, 250.0 / 60), QStringLiteral("4m 10s"));
}

}  // namespace
}  // namespace rosa::ui
