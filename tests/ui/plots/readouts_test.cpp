// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/readouts.h"

#include <gtest/gtest.h>

#include "support/example_events.h"

namespace rosa::ui {
namespace {

QStringList textsOf(const QList<Readout>& readouts) {
  QStringList texts;
  for (const Readout& readout : readouts) texts << readout.text;
  return texts;
}

RunCurves curvesTo(std::int64_t step) {
  RunCurves curves;
  for (const Event& event : test::exampleEvents(step)) curves.take(event);
  return curves;
}

QString four(double value) {
  return QString::number(value, 'f', 4);
}

TEST(LossReadouts, NameTheSmoothedAndTheRawLoss) {
  const RunCurves curves = curvesTo(95);
  const QStringList texts = textsOf(lossReadouts(curves, 95));
  ASSERT_EQ(texts.size(), 3);
  EXPECT_EQ(texts[0], QStringLiteral("smoothed ") + four(curves.smoothedLoss().points().back().value));
  EXPECT_EQ(texts[1], QStringLiteral("raw ") + four(test::exampleLoss(95)));
  EXPECT_NE(texts[0].section(QLatin1Char(' '), 1), texts[1].section(QLatin1Char(' '), 1));
}

TEST(LossReadouts, TellOfWhichStepTheValidationIs) {
  const RunCurves curves = curvesTo(130);
  const QString first = QStringLiteral("validation ") + four(test::exampleLoss(60) + 0.12);
  EXPECT_EQ(textsOf(lossReadouts(curves, 60)).back(), first);
  EXPECT_EQ(textsOf(lossReadouts(curves, 100.3)).back(), first + QStringLiteral(" at step 60"));
  EXPECT_EQ(lossReadouts(curves, 41).size(), 2) << "at step 41 nothing had been validated";
}

TEST(LossReadouts, HaveOneLossWhereNothingIsSmoothed) {
  RunCurves curves = curvesTo(50);
  curves.setSmoothing(0);
  EXPECT_EQ(textsOf(lossReadouts(curves, 50)), QStringList{four(test::exampleLoss(50))});
}

TEST(LossReadouts, TellTheStepOfAPointThatWasThinnedOut) {
  RunCurves curves;
  for (std::int64_t step = 2; step <= 40; step += 2) {
    StepCompleted done;
    done.step = step;
    done.loss = 1;
    curves.take(done);
  }
  EXPECT_EQ(textsOf(lossReadouts(curves, 21)).back(), QStringLiteral("raw 1.0000 at step 20"));
}

}  // namespace
}  // namespace rosa::ui
