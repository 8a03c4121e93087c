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
  ResampleMark mark{test::exampleResample(2), std::nullopt};
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
  ResampleMark mark{test::exampleResample(2), std::nullopt};
  auto window = mark.event.layers.back();
  window.start = 60;
  window.count = 2;
  mark.event.layers.push_back(window);
  EXPECT_EQ(value(mark, QStringLiteral("layers")), QStringLiteral("30"));
}

TEST(ResampleFacts, TellWhenTheChangeWillBeKnownAndThenTheChange) {
  ResampleMark mark{test::exampleResample(2), std::nullopt};
  EXPECT_EQ(value(mark, QStringLiteral("next 20 steps")), QStringLiteral("known at 416"));
  mark.change = -0.0214;
  EXPECT_EQ(value(mark, QStringLiteral("next 20 steps")), QStringLiteral("−0.021"));
}

TEST(ResampleFacts, LeaveOutALossThatWasNotMeasured) {
  const ResampleMark mark{test::exampleResample(0), std::nullopt};
  EXPECT_EQ(value(mark, QStringLiteral("loss before")), QStringLiteral("(missing)"));
}

}  // namespace
}  // namespace rosa::ui
