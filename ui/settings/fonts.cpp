// SPDX-License-Identifier: GPL-3.0-or-later
#include "settings/fonts.h"

#include <QApplication>
#include <QFontDatabase>
#include <QFontInfo>
#include <QFontMetricsF>
#include <QPainter>
#include <algorithm>
#include <cmath>

namespace rosa::ui {
namespace {

constexpr int kBodyPixels = 13;
constexpr auto kPreferred = "Inter";

double scale(TextSize size) {
  switch (size) {
    case TextSize::Small:
      return 12.0 / kBodyPixels;
    case TextSize::Body:
      return 1.0;
    case TextSize::Section:
      return 15.0 / kBodyPixels;
    case TextSize::Title:
      return 18.0 / kBodyPixels;
    case TextSize::Value:
      return 20.0 / kBodyPixels;
  }
  return 1.0;
}

template <typename Metrics>
double digitWidth(const Metrics& metrics) {
  double widest = 0;
  for (char digit = '0'; digit <= '9'; ++digit) {
    widest = std::max<double>(widest, metrics.horizontalAdvance(QLatin1Char(digit)));
  }
  return widest;
}

/// Calls `visit(run, width)` for each digit and for each stretch between digits.
template <typename Metrics, typename Visit>
void forEachCell(const Metrics& metrics, const QString& text, Visit visit) {
  const double digit = digitWidth(metrics);
  qsizetype from = 0;
  while (from < text.size()) {
    qsizetype to = from;
    while (to < text.size() && !text[to].isDigit()) ++to;
    if (to > from) {
      const QString words = text.mid(from, to - from);
      visit(words, static_cast<double>(metrics.horizontalAdvance(words)));
    } else {
      visit(text.mid(to++, 1), digit);
    }
    from = to;
  }
}

}  // namespace

QFont interfaceFont(const QFont& desktop) {
  QFont font = desktop;
  const bool fallback = QFontInfo(desktop).family().startsWith(QLatin1String("DejaVu"));
  if (fallback && QFontDatabase::hasFamily(QLatin1String(kPreferred))) font.setFamily(QLatin1String(kPreferred));
  font.setPixelSize(std::max(kBodyPixels, QFontInfo(desktop).pixelSize()));
  return font;
}

QFont textFont(TextSize size, QFont::Weight weight) {
  QFont font = QApplication::font();
  font.setPixelSize(static_cast<int>(std::lround(QFontInfo(font).pixelSize() * scale(size))));
  font.setWeight(weight);
  return font;
}

int numberWidth(const QFontMetrics& metrics, const QString& text) {
  double width = 0;
  forEachCell(QFontMetricsF(metrics), text, [&](const QString&, double cell) { width += cell; });
  return static_cast<int>(std::ceil(width));
}

void drawNumber(QPainter& painter, const QRectF& rect, Qt::Alignment alignment, const QString& text) {
  const QFontMetricsF metrics(painter.font(), painter.device());
  double width = 0;
  forEachCell(metrics, text, [&](const QString&, double cell) { width += cell; });

  double x = rect.left();
  if (alignment & Qt::AlignRight) x = rect.right() - width;
  if (alignment & Qt::AlignHCenter) x = rect.center().x() - width / 2;
  double top = rect.center().y() - metrics.height() / 2;
  if (alignment & Qt::AlignTop) top = rect.top();
  if (alignment & Qt::AlignBottom) top = rect.bottom() - metrics.height();

  painter.save();
  painter.setClipRect(rect, Qt::IntersectClip);
  const double baseline = std::round(top + metrics.ascent());
  forEachCell(metrics, text, [&](const QString& run, double cell) {
    painter.drawText(QPointF(x + (cell - metrics.horizontalAdvance(run)) / 2, baseline), run);
    x += cell;
  });
  painter.restore();
}

}  // namespace rosa::ui
