// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/axis_ticker.h"

#include <gtest/gtest.h>

#include "plots/axis_style.h"

namespace rosa::ui {
namespace {

QVector<QString> labelsOf(const QCPRange& range, int ticks, int most) {
  AxisTicker ticker(ticks, valueLabel);
  ticker.setMost(most);
  QVector<double> places;
  QVector<QString> labels;
  ticker.generate(range, QLocale::c(), QLatin1Char('g'), 6, places, nullptr, &labels);
  return labels;
}

TEST(AxisTicker, ThinnedOutLabelsStayAtRoundValues) {
  EXPECT_EQ(labelsOf({0, 3.2}, 4, 4), (QVector<QString>{"0", "1", "2", "3"}));
  EXPECT_EQ(labelsOf({0, 3.2}, 4, 2), (QVector<QString>{"0", "2"}));
}

TEST(AxisTicker, TheOnlyLabelIsTheHighest) {
  EXPECT_EQ(labelsOf({0, 3.2}, 4, 1), QVector<QString>{"3"});
}

TEST(AxisTicker, ThinsOutNoFurtherThanItMust) {
  EXPECT_EQ(labelsOf({0.8, 3.2}, 3, 2), (QVector<QString>{"1", "3"})) << "the 2 alone would be too few";
}

}  // namespace
}  // namespace rosa::ui
