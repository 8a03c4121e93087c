// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/memory_bar.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QImage>
#include <QPixmap>

#include "settings/theme.h"

namespace rosa::ui {
namespace {

/// How much of the bar, from the left, is filled with parts.
double filled(MemoryBar& bar, const Theme& theme) {
  const QImage image = bar.grab().toImage();
  const ThemeColors& colors = theme.colors();
  int most = 0;
  for (int y = 0; y < image.height(); ++y) {
    int count = 0;
    for (int x = 0; x < image.width(); ++x) count += image.pixelColor(x, y) == colors.memoryActivations ? 1 : 0;
    most = std::max(most, count);
  }
  return static_cast<double>(most) / image.width();
}

TEST(MemoryBar, IsFilledByTheShareOfTheMachinesMemory) {
  Theme theme;
  theme.setMode(Theme::Mode::Light);
  theme.applyTo(*qApp);
  MemoryBar bar(theme);
  bar.resize(400, 160);
  MemoryParts parts;
  parts.activationsBytes = 1000;
  bar.setMemory(parts, 4000);
  EXPECT_NEAR(filled(bar, theme), 0.25, 0.02);
  bar.setMemory(parts, 500);
  EXPECT_GT(filled(bar, theme), 0.9) << "more than there is";
}

}  // namespace
}  // namespace rosa::ui
