// SPDX-License-Identifier: GPL-3.0-or-later
#include "settings/theme.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QPalette>
#include <QSignalSpy>
#include <algorithm>
#include <cmath>

#include "settings/palette.h"

namespace rosa::ui {
namespace {

double channel(double value) {
  return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

/// WCAG 2: relative luminance of sRGB.
double luminance(const QColor& color) {
  return 0.2126 * channel(color.redF()) + 0.7152 * channel(color.greenF()) + 0.0722 * channel(color.blueF());
}

double contrast(const QColor& one, const QColor& other) {
  const auto [low, high] = std::minmax({luminance(one), luminance(other)});
  return (high + 0.05) / (low + 0.05);
}

class ThemeContrast : public ::testing::TestWithParam<bool> {
 protected:
  ThemeColors colors_ = themeColors(GetParam());
};

TEST_P(ThemeContrast, TextIsReadableOnEveryBackground) {
  for (const QColor& background : {colors_.window, colors_.surface, colors_.raised}) {
    for (const QColor& text : {colors_.text, colors_.muted, colors_.accent, colors_.good, colors_.warn, colors_.bad}) {
      EXPECT_GE(contrast(text, background), 4.5)
          << text.name().toStdString() << " on " << background.name().toStdString();
    }
  }
}

TEST_P(ThemeContrast, MarksStandOutFromTheSurface) {
  QList<QColor> marks = colors_.runs;
  marks << colors_.train << colors_.validation << colors_.rate << colors_.gradient << colors_.memoryWeights
        << colors_.memoryTrainable << colors_.memoryMoments << colors_.memoryActivations << colors_.memoryOther
        << colors_.resample;
  for (const QColor& mark : marks) EXPECT_GE(contrast(mark, colors_.surface), 3.0) << mark.name().toStdString();
}

TEST_P(ThemeContrast, EightRunColoursDiffer) {
  ASSERT_EQ(colors_.runs.size(), 8);
  for (qsizetype i = 0; i < 8; ++i) EXPECT_EQ(colors_.runs.indexOf(colors_.runs[i]), i);
}

INSTANTIATE_TEST_SUITE_P(BothLooks, ThemeContrast, ::testing::Values(false, true));

TEST(Theme, TellsOfAChangeOnceAndRecoloursTheApplication) {
  Theme theme;
  theme.setMode(Theme::Mode::Light);
  theme.applyTo(*qApp);
  const QSignalSpy spy(&theme, &Theme::changed);
  theme.setMode(Theme::Mode::Dark);
  theme.setMode(Theme::Mode::Dark);
  EXPECT_EQ(spy.count(), 1);
  EXPECT_TRUE(theme.dark());
  EXPECT_EQ(QApplication::palette().color(QPalette::Window), theme.colors().window);
}

}  // namespace
}  // namespace rosa::ui
