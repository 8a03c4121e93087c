// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/run/metric_strip.h"

#include <QEvent>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
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
      metrics_(
          {{tr("Loss"), &ThemeColors::train, {}, kNone, {}},
           {tr("Validation"), &ThemeColors::validation, {}, kNone, {}},
           {tr("Step"), &ThemeColors::text, tr("Steps done"), kNone, {}},
           {tr("Epoch"), &ThemeColors::text, tr("How often all examples have been seen"), kNone, {}},
           {tr("Speed"), &ThemeColors::text, tr("Tokens of the last step by the time it took"), kNone, {}},
           {tr("Memory"),
            &ThemeColors::text,
            tr("At the peak of the last step, of what this program may use. On a CPU this is the whole program, "
               "its window included."),
            kNone,
            {}},
           {tr("Rate"), &ThemeColors::rate, tr("Learning rate of the last step"), kNone, {}},
           {tr("Gradient"), &ThemeColors::gradient, tr("Norm of the last step's gradient, before clipping"), kNone, {}},
           {tr("Left"), &ThemeColors::text, tr("Time to the last step, at the speed of the last ones"), kNone, {}}}) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setAccessibleName(tr("Present figures"));
}

void MetricStrip::setState(const RunState& state) {
  const auto& step = state.step;
  const auto& started = state.started;
  const auto& smoothed = state.curves.smoothedLoss().points();
  // A loss that is not a number has no place on the curve, but it must be seen.
  const bool broken = step && !std::isfinite(step->loss);
  const bool isSmoothed = !broken && !smoothed.empty() && state.curves.smoothing() > 0;
  metrics_[kLoss].label = isSmoothed ? tr("Loss, smoothed") : tr("Loss");
  metrics_[kLoss].tip =
      !step        ? QString()
      : isSmoothed ? tr("Loss of step %1 as trained: %2").arg(formatCount(step->step), finite(step->loss, 4, 'f'))
                   : tr("Loss of step %1").arg(formatCount(step->step));
  metrics_[kValidation].tip =
      state.evaluation ? tr("Loss on the held-out examples after step %1").arg(formatCount(state.evaluation->step))
                       : tr("Loss on the held-out examples");
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

int MetricStrip::widthOf(const Metric& metric, bool units) const {
  return units ? metric.widestWithUnit : metric.widest;
}

MetricStrip::Spread MetricStrip::spread() const {
  const auto total = [this](bool units) {
    int sum = 0;
    for (const Metric& metric : metrics_) sum += widthOf(metric, units);
    return sum;
  };
  const int gaps = static_cast<int>(metrics_.size()) - 1;
  const int room = width() - 2 * kPadding;
  // Where room is short, the values stay and their units go.
  const bool units = total(true) + gaps * kLeastGap <= room;
  return {units, std::max(0.0, static_cast<double>(room - total(units)) / gaps)};
}

bool MetricStrip::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const auto [units, gap] = spread();
  double x = kPadding;
  QString tip;
  for (const Metric& metric : metrics_) {
    if (help->pos().x() >= x) tip = metric.tip;
    x += widthOf(metric, units) + gap;
  }
  QToolTip::showText(help->globalPos(), tip, this);
  return true;
}

void MetricStrip::paintEvent(QPaintEvent*) {
  const ThemeColors& colors = theme_.colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(colors.border);
  painter.setBrush(colors.surface);
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), StudioStyle::kRadius, StudioStyle::kRadius);

  const auto [units, gap] = spread();
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
    painter.drawText(QRectF(x, 10, widthOf(metric, units) + gap, labelHeight), Qt::AlignLeft | Qt::AlignVCenter,
                     metric.label);
    if (units && !metric.unit.isEmpty()) {
      const double unitX = x + numberWidth(QFontMetrics(big), metric.value) + kUnitGap;
      drawNumber(painter, QRectF(unitX, valueTop, metric.widestWithUnit + gap, valueHeight - baselineGap),
                 Qt::AlignLeft | Qt::AlignBottom, metric.unit);
    }
    painter.setFont(big);
    painter.setPen(metric.value == kNone ? colors.muted : colors.*metric.color);
    drawNumber(painter, QRectF(x, valueTop, widthOf(metric, units) + gap, valueHeight),
               Qt::AlignLeft | Qt::AlignVCenter, metric.value);
    x += widthOf(metric, units) + gap;
  }
}

}  // namespace rosa::ui
