// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/resample_facts.h"

#include <gtest/gtest.h>

#include "support/example_events.h"

namespace rosa::ui {
namespace {

QString value(const ResampleMark& mark, const QString& name) {
  for (const auto& [key, text] : resampleFacts(mark)) {
    if (key == name) return text;
  }
  return QStringLiteral("(missing)");
}

TEST(ResampleFacts, TellCycleLayersTimeAndLoss) {
  ResampleMark mark{test::exampleResample(2), std::nullopt, {}};
  mark.event.lossBefore = 2.449;
  mark.event.lossAfter = 2.449;
  EXPECT_EQ(resampleTitle(mark), QStringLiteral("Resample 2"));
  EXPECT_EQ(value(mark, QStringLiteral("step")), QStringLiteral("396"));
  EXPECT_EQ(value(mark, QStringLiteral("layers")), QStringLiteral("30"));
  EXPECT_EQ(value(mark, QStringLiteral("took")), QStringLiteral("41 ms"));
  EXPECT_EQ(value(mark, QStringLiteral("loss before")), QStringLiteral("2.44900"));
  EXPECT_EQ(value(mark, QStringLiteral("loss after")), QStringLiteral("2.44900"));
}

TEST(ResampleFacts, CountALayerOfSeveralWindowsOnce) {
  ResampleMark mark{test::exampleResample(2), std::nullopt, {}};
  auto window = mark.event.layers.back();
  window.start = 60;
  window.count = 2;
  mark.event.layers.push_back(window);
  EXPECT_EQ(value(mark, QStringLiteral("layers")), QStringLiteral("30"));
}

TEST(ResampleFacts, TellWhenTheChangeWillBeKnownAndThenTheChange) {
  ResampleMark mark{test::exampleResample(2), std::nullopt, {}};
  EXPECT_EQ(value(mark, QStringLiteral("loss over the next 20 steps")), QStringLiteral("known at 416"));
  mark.change = -0.0214;
  EXPECT_EQ(value(mark, QStringLiteral("loss over the next 20 steps")), QStringLiteral("−0.021"));
}

TEST(ResampleFacts, LeaveOutALossThatWasNotMeasured) {
  const ResampleMark mark{test::exampleResample(0), std::nullopt, {}};
  EXPECT_EQ(value(mark, QStringLiteral("loss before")), QStringLiteral("(missing)"));
}

TEST(ResampleFacts, TellWhatRoundingLostWhereWeightsAreRounded) {
  ResampleMark mark{test::exampleResample(2), std::nullopt, {}};
  EXPECT_EQ(value(mark, QStringLiteral("lost to rounding")), QStringLiteral("(missing)"));
  mark.event.roundingLoss = 0.0234;
  EXPECT_EQ(value(mark, QStringLiteral("lost to rounding")), QStringLiteral("2.34 % of the slices"));
}

TEST(ResampleFacts, OfARoundTellItsStepsAndNoSingleEffect) {
  ResampleMark mark{test::exampleResample(2), std::nullopt, {}};
  mark.draws = {{396, 2, 1, 0, 0, 15}, {420, 3, 1, 0, 0, 15}};
  EXPECT_EQ(resampleTitle(mark), QStringLiteral("Resamples 2 to 3"));
  EXPECT_EQ(value(mark, QStringLiteral("steps")), QStringLiteral("396 to 420"));
  EXPECT_EQ(value(mark, QStringLiteral("took in all")), QStringLiteral("41 ms"));
  EXPECT_EQ(value(mark, QStringLiteral("loss over the next 20 steps")), QStringLiteral("(missing)"));
}

}  // namespace
}  // namespace rosa::ui
