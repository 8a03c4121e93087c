// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/plot_overlay.h"

#include <QFontMetrics>
#include <QObject>
#include <algorithm>
#include <array>
#include <cmath>

#include "plots/resample_facts.h"
#include "settings/fonts.h"
#include "settings/studio_style.h"

namespace rosa::ui {
namespace {

constexpr int kDiamond = 5;
constexpr int kTipPadding = 12;

struct LegendEntry {
  const char* name;
  QColor ThemeColors::*color;
};
constexpr std::array kMemoryLegend = {
    LegendEntry{"weights", &ThemeColors::memoryWeights}, LegendEntry{"trained", &ThemeColors::memoryTrainable},
    LegendEntry{"moments", &ThemeColors::memoryMoments}, LegendEntry{"activations", &ThemeColors::memoryActivations},
    LegendEntry{"other", &ThemeColors::memoryOther}};

void drawPatch(QPainter& painter, const QRectF& rect, const ThemeColors& colors) {
  painter.setPen(colors.border);
  painter.setBrush(colors.surface);
  painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), StudioStyle::kRadius, StudioStyle::kRadius);
}

}  // namespace

int plotTitleHeight() {
  return QFontMetrics(textFont(TextSize::Body)).height() + 20;
}

void drawPlotCard(QPainter& painter, const QRect& card, const ThemeColors& colors) {
  drawPatch(painter, card, colors);
}

void drawPlotTitle(QPainter& painter, const QRect& card, const QString& title, const QList<Readout>& values,
                   const ThemeColors& colors) {
  QRect line(card.left() + kPlotInset, card.top() + 2, card.width() - 2 * kPlotInset, plotTitleHeight());
  painter.setFont(textFont(TextSize::Body, QFont::DemiBold));
  painter.setPen(colors.text);
  painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, title);
  line.setLeft(line.left() + painter.fontMetrics().horizontalAdvance(title) + 12);
  painter.setFont(textFont(TextSize::Body, QFont::Medium));
  for (const Readout& value : values) {
    painter.setPen(colors.*value.color);
    drawNumber(painter, line, Qt::AlignLeft | Qt::AlignVCenter, value.text);
    line.setLeft(line.left() + numberWidth(painter.fontMetrics(), value.text) + 12);
  }
}

void drawMemoryLegend(QPainter& painter, const QRect& card, int taken, const ThemeColors& colors) {
  constexpr int kSwatch = 10;
  painter.setFont(textFont(TextSize::Small));
  const QFontMetrics metrics = painter.fontMetrics();
  int width = 0;
  for (const LegendEntry& entry : kMemoryLegend) {
    width += kSwatch + 6 + metrics.horizontalAdvance(QObject::tr(entry.name)) + 14;
  }
  int x = card.right() - kPlotInset - 4 - width + 14;
  if (x < card.left() + taken) return;
  const QRect line(x, card.top() + 2, width, plotTitleHeight());
  for (const LegendEntry& entry : kMemoryLegend) {
    const QString name = QObject::tr(entry.name);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors.*entry.color);
    painter.drawRoundedRect(QRectF(x, line.center().y() - kSwatch / 2 + 1, kSwatch, kSwatch), 2, 2);
    painter.setPen(colors.muted);
    x += kSwatch + 6;
    painter.drawText(QRect(x, line.top(), width, line.height()), Qt::AlignLeft | Qt::AlignVCenter, name);
    x += metrics.horizontalAdvance(name) + 14;
  }
}

void drawEmptyText(QPainter& painter, const QRect& area, const QString& text, const ThemeColors& colors) {
  painter.setFont(textFont(TextSize::Body));
  painter.setPen(colors.muted);
  painter.drawText(area, static_cast<int>(Qt::AlignCenter) | Qt::TextWordWrap, text);
}

QString memoryLegendTip() {
  return QObject::tr(
      "weights: the model itself\n"
      "trained: trained numbers kept beside it, and all gradients\n"
      "moments: what the optimizer remembers of each trained number\n"
      "activations: what a step keeps for its way back\n"
      "other: everything else this program holds, this window included");
}

void drawLonePoint(QPainter& painter, QPointF at, const QColor& color) {
  constexpr double kRadius = 2.5;
  painter.setPen(Qt::NoPen);
  painter.setBrush(color);
  painter.drawEllipse(at, kRadius, kRadius);
}

void drawValidationPoint(QPainter& painter, QPointF at, const ThemeColors& colors) {
  constexpr double kRadius = 3;
  painter.setPen(QPen(colors.validation, 1.5));
  painter.setBrush(colors.surface);
  painter.drawEllipse(at, kRadius, kRadius);
}

void drawBestPoint(QPainter& painter, const QRect& area, QPointF at, const ThemeColors& colors) {
  constexpr double kRadius = 4.5;
  painter.setPen(QPen(colors.surface, 1));
  painter.setBrush(colors.good);
  painter.drawEllipse(at, kRadius, kRadius);
  painter.setFont(textFont(TextSize::Small, QFont::Medium));
  painter.setPen(colors.good);
  const QString word = QObject::tr("best");
  const QFontMetrics metrics = painter.fontMetrics();
  const double width = metrics.horizontalAdvance(word);
  // Above the point, or below it where there is no room; never beyond the plot's edges.
  const double top = at.y() - 8 - metrics.height() >= area.top() ? at.y() - 8 - metrics.height() : at.y() + 8;
  const double left =
      std::clamp<double>(at.x() - width / 2, area.left(), std::max<double>(area.left(), area.right() - width));
  painter.drawText(QRectF(left, top, width + 2, metrics.height()), Qt::AlignLeft | Qt::AlignVCenter, word);
}

void drawSaveMark(QPainter& painter, const QRect& area, double x, const ThemeColors& colors) {
  constexpr double kWide = 3.5;
  constexpr double kHigh = 6;
  const double foot = area.bottom() + 1;
  painter.setPen(Qt::NoPen);
  painter.setBrush(colors.muted);
  painter.drawPolygon(QPolygonF({QPointF(x, foot - kHigh), QPointF(x + kWide, foot), QPointF(x - kWide, foot)}));
}

void drawEarlyStop(QPainter& painter, const QRect& area, double x, const ThemeColors& colors) {
  painter.setPen(QPen(colors.warn, 1.5));
  painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
  painter.setFont(textFont(TextSize::Small, QFont::Medium));
  const int height = painter.fontMetrics().height();
  painter.drawText(QRectF(area.left(), area.top() + 2, x - 6 - area.left(), height), Qt::AlignRight | Qt::AlignVCenter,
                   QObject::tr("stopped early"));
}

void drawResampleMark(QPainter& painter, const QRect& area, double x, bool highlighted, const ThemeColors& colors) {
  QPen pen(colors.resample, highlighted ? 2 : 1);
  pen.setDashPattern(highlighted ? QList<qreal>{2, 1.5} : QList<qreal>{4, 3});
  painter.setPen(pen);
  painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
  const double size = highlighted ? kDiamond + 1.5 : kDiamond;
  const QPointF top(x, area.top());
  painter.setPen(Qt::NoPen);
  painter.setBrush(colors.resample);
  painter.drawPolygon(
      QPolygonF({top + QPointF(0, -size), top + QPointF(size, 0), top + QPointF(0, size), top + QPointF(-size, 0)}));
}

void drawResampleTip(QPainter& painter, const QRect& area, double x, const ResampleMark& mark,
                     const ThemeColors& colors) {
  const auto facts = resampleFacts(mark);
  const QFont names = textFont(TextSize::Small);
  const QFont bold = textFont(TextSize::Body, QFont::DemiBold);
  const QFontMetrics metrics(names);
  int nameWidth = 0;
  int valueWidth = 0;
  for (const auto& [name, value] : facts) {
    nameWidth = std::max(nameWidth, metrics.horizontalAdvance(name));
    valueWidth = std::max(valueWidth, numberWidth(metrics, value));
  }
  const int lineHeight = metrics.height() + 4;
  const int titleHeight = QFontMetrics(bold).height() + 6;
  const int width = std::max(nameWidth + 16 + valueWidth, QFontMetrics(bold).horizontalAdvance(resampleTitle(mark))) +
                    2 * kTipPadding;
  const int height = titleHeight + lineHeight * static_cast<int>(facts.size()) + 2 * kTipPadding - 4;
  const int beside = static_cast<int>(x) + 12;
  const int left = beside + width <= area.right() ? beside : static_cast<int>(x) - 12 - width;
  const QRect tip(std::max(area.left(), left), area.top() + 10, width, height);
  drawPatch(painter, tip, colors);

  QRect line(tip.left() + kTipPadding, tip.top() + kTipPadding - 2, width - 2 * kTipPadding, titleHeight);
  painter.setFont(bold);
  painter.setPen(colors.resample);
  painter.drawText(line, Qt::AlignLeft | Qt::AlignTop, resampleTitle(mark));
  line = QRect(line.left(), line.top() + titleHeight, line.width(), lineHeight);
  painter.setFont(names);
  for (const auto& [name, value] : facts) {
    painter.setPen(colors.muted);
    painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, name);
    painter.setPen(colors.text);
    drawNumber(painter, line, Qt::AlignRight | Qt::AlignVCenter, value);
    line.translate(0, lineHeight);
  }
}

void drawCrosshair(QPainter& painter, const QRect& area, double x, const ThemeColors& colors) {
  painter.setPen(QPen(colors.muted, 1));
  const double crisp = std::floor(x) + 0.5;
  painter.drawLine(QPointF(crisp, area.top()), QPointF(crisp, area.bottom()));
}

void drawStepPatch(QPainter& painter, const QRect& area, double x, const QString& text, const QList<QRect>& labels,
                   const ThemeColors& colors) {
  painter.setFont(textFont(TextSize::Small, QFont::Medium));
  const int width = numberWidth(painter.fontMetrics(), text) + 14;
  const int height = painter.fontMetrics().height() + 4;
  const int left =
      std::clamp(static_cast<int>(x) - width / 2, area.left(), std::max(area.left(), area.right() - width));
  const QRect patch(left, area.bottom() + 3, width, height);
  for (const QRect& label : labels) {
    if (label.intersects(patch)) painter.fillRect(label, colors.surface);
  }
  painter.setPen(Qt::NoPen);
  painter.setBrush(colors.raised);
  painter.drawRoundedRect(patch, 4, 4);
  painter.setPen(colors.text);
  drawNumber(painter, patch, Qt::AlignCenter, text);
}

}  // namespace rosa::ui
