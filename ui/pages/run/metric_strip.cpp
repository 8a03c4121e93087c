// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/run/metric_strip.h"

#include <QEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <utility>

#include "pages/run/run_state.h"
#include "settings/fonts.h"
#include "settings/studio_style.h"
#include "widgets/format.h"

namespace rosa::ui {
namespace {

constexpr int kPadding = 16;
constexpr int kUnitGap = 6;
constexpr int kLeastGap = 14;

enum Index { kLoss, kValidation, kStep, kEpoch, kSpeed, kMemory, kRate, kGradient, kLeft };

const QString kNone = QStringLiteral("–");

QFont valueFont() {
  return textFont(TextSize::Value, QFont::DemiBold);
}

QString finite(double value, int digits, char format) {
  if (std::isnan(value)) return QStringLiteral("NaN");
  if (std::isinf(value)) return QStringLiteral("Inf");
  return QString::number(value, format, digits);
}

/// "0.31" and "GiB"; a dash and nothing for no bytes.
std::pair<QString, QString> split(std::int64_t bytes) {
  if (bytes <= 0) return {kNone, QString()};
  const QString text = formatBytes(bytes);
  return {text.section(QLatin1Char(' '), 0, 0), text.section(QLatin1Char(' '), 1, 1)};
}

}  // namespace

MetricStrip::MetricStrip(const Theme& theme, QWidget* parent)
    : QWidget(parent),
      theme_(theme),
      metrics_({{tr("Loss"), &ThemeColors::train, kNone, {}},
                {tr("Validation"), &ThemeColors::validation, kNone, {}},
                {tr("Step"), &ThemeColors::text, kNone, {}},
                {tr("Epoch"), &ThemeColors::text, kNone, {}},
                {tr("Speed"), &ThemeColors::text, kNone, {}},
                {tr("Memory"), &ThemeColors::text, kNone, {}},
                {tr("Rate"), &ThemeColors::rate, kNone, {}},
                {tr("Gradient"), &ThemeColors::gradient, kNone, {}},
                {tr("Left"), &ThemeColors::text, kNone, {}}}) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setAccessibleName(tr("Present figures"));
}

void MetricStrip::setState(const RunState& state) {
  const auto& step = state.step;
  const auto& started = state.started;
  const auto& smoothed = state.curves.smoothedLoss().points();
  // A loss that is not a number has no place on the curve, but it must be seen.
  const bool broken = step && !std::isfinite(step->loss);
  set(kLoss, broken             ? finite(step->loss, 4, 'f')
             : smoothed.empty() ? kNone
                                : QString::number(smoothed.back().value, 'f', 4));
  set(kValidation, state.evaluation ? finite(state.evaluation->loss, 4, 'f') : kNone);
  set(kStep, step ? formatCount(step->step) : kNone,
      started ? tr("of %1").arg(formatCount(started->totalSteps)) : QString());
  const double epochs = started && started->stepsPerEpoch > 0
                            ? static_cast<double>(started->totalSteps) / static_cast<double>(started->stepsPerEpoch)
                            : 0;
  set(kEpoch, step ? QString::number(step->epoch, 'f', 2) : kNone,
      epochs > 0 ? tr("of %1").arg(epochs, 0, 'f', 2) : QString());
  set(kSpeed, step ? formatCount(std::llround(step->tokensPerSecond)) : kNone, step ? tr("tokens/s") : QString());
  const auto [used, usedUnit] = split(state.memory ? state.memory->parts.totalBytes() : 0);
  const auto [limit, limitUnit] = split(started ? started->memoryLimitBytes : 0);
  set(kMemory, used, usedUnit == limitUnit && !usedUnit.isEmpty() ? tr("of %1 %2").arg(limit, limitUnit) : usedUnit);
  set(kRate, step ? formatRate(step->learningRate) : kNone);
  set(kGradient, step ? finite(step->gradientNorm, 3, 'g') : kNone);
  const bool going = step && !state.ended();
  set(kLeft, going ? formatDuration(step->remainingSeconds) : kNone);
  update();
}

void MetricStrip::set(int index, const QString& value, const QString& unit) {
  Metric& metric = metrics_[index];
  metric.value = value;
  metric.unit = unit;
  const QFontMetrics small(textFont(TextSize::Small));
  const int width = numberWidth(QFontMetrics(valueFont()), value);
  const int unitWidth = unit.isEmpty() ? 0 : kUnitGap + numberWidth(small, unit);
  metric.widest = std::max({metric.widest, width, small.horizontalAdvance(metric.label)});
  metric.widestWithUnit = std::max({metric.widestWithUnit, metric.widest, width + unitWidth});
}

QString MetricStrip::valueOf(const QString& label) const {
  for (const Metric& metric : metrics_) {
    if (metric.label == label) return metric.unit.isEmpty() ? metric.value : metric.value + u' ' + metric.unit;
  }
  return {};
}

QSize MetricStrip::sizeHint() const {
  const int height = QFontMetrics(textFont(TextSize::Small)).height() + QFontMetrics(valueFont()).height() + 26;
  int width = 2 * kPadding;
  for (const Metric& metric : metrics_) width += metric.widestWithUnit + kLeastGap;
  return {width, height};
}

QSize MetricStrip::minimumSizeHint() const {
  return {0, sizeHint().height()};
}

void MetricStrip::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() != QEvent::FontChange && event->type() != QEvent::ApplicationFontChange) return;
  for (int i = 0; i < metrics_.size(); ++i) {
    metrics_[i].widest = metrics_[i].widestWithUnit = 0;
    set(i, metrics_[i].value, metrics_[i].unit);
  }
  updateGeometry();
}

void MetricStrip::paintEvent(QPaintEvent*) {
  const ThemeColors& colors = theme_.colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(colors.border);
  painter.setBrush(colors.surface);
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), StudioStyle::kRadius, StudioStyle::kRadius);

  const auto total = [this](int Metric::*width) {
    int sum = 0;
    for (const Metric& metric : metrics_) sum += metric.*width;
    return sum;
  };
  const int gaps = static_cast<int>(metrics_.size()) - 1;
  const int room = width() - 2 * kPadding;
  // Where room is short, the values stay and their units go.
  const bool units = total(&Metric::widestWithUnit) + gaps * kLeastGap <= room;
  const auto widest = units ? &Metric::widestWithUnit : &Metric::widest;
  const double gap = std::max(0.0, static_cast<double>(room - total(widest)) / gaps);

  const QFont small = textFont(TextSize::Small);
  const QFont big = valueFont();
  const int labelHeight = QFontMetrics(small).height();
  const int valueTop = 10 + labelHeight + 4;
  const int valueHeight = QFontMetrics(big).height();
  const int baselineGap = QFontMetrics(big).descent() - QFontMetrics(small).descent();
  double x = kPadding;
  for (const Metric& metric : metrics_) {
    painter.setFont(small);
    painter.setPen(colors.muted);
    painter.drawText(QRectF(x, 10, metric.*widest + gap, labelHeight), Qt::AlignLeft | Qt::AlignVCenter, metric.label);
    if (units && !metric.unit.isEmpty()) {
      const double unitX = x + numberWidth(QFontMetrics(big), metric.value) + kUnitGap;
      drawNumber(painter, QRectF(unitX, valueTop, metric.widestWithUnit + gap, valueHeight - baselineGap),
                 Qt::AlignLeft | Qt::AlignBottom, metric.unit);
    }
    painter.setFont(big);
    painter.setPen(metric.value == kNone ? colors.muted : colors.*metric.color);
    drawNumber(painter, QRectF(x, valueTop, metric.*widest + gap, valueHeight), Qt::AlignLeft | Qt::AlignVCenter,
               metric.value);
    x += metric.*widest + gap;
  }
}

}  // namespace rosa::ui
