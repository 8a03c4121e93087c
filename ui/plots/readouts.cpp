// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/readouts.h"

#include <QObject>
#include <cmath>

#include "widgets/format.h"

namespace rosa::ui {
namespace {

QString at(const QString& text, const CurvePoint& point, double step) {
  if (std::llround(point.step) == std::llround(step)) return text;
  return QObject::tr("%1 at step %2").arg(text, formatCount(std::llround(point.step)));
}

QString lossText(const CurvePoint& point) {
  return QString::number(point.value, 'f', 4);
}

}  // namespace

QList<Readout> lossReadouts(const RunCurves& curves, double step) {
  QList<Readout> values;
  if (curves.smoothing() > 0) {
    if (const CurvePoint* point = curves.smoothedLoss().nearest(step)) {
      values.append({at(QObject::tr("smoothed %1").arg(lossText(*point)), *point, step), &ThemeColors::train});
    }
  }
  if (const CurvePoint* point = curves.loss().nearest(step)) {
    const QString text = curves.smoothing() > 0 ? QObject::tr("raw %1").arg(lossText(*point)) : lossText(*point);
    values.append({at(text, *point, step), &ThemeColors::train});
  }
  if (const CurvePoint* point = curves.validation().lastUpTo(std::floor(step + 0.5))) {
    values.append({at(QObject::tr("validation %1").arg(lossText(*point)), *point, step), &ThemeColors::validation});
  }
  return values;
}

QList<Readout> memoryReadouts(const RunCurves& curves, double step) {
  const CurvePoint* point = curves.memoryUpTo(RunCurves::kMemoryParts - 1).nearest(step);
  if (point == nullptr) return {};
  return {{formatBytes(std::llround(point->value)), &ThemeColors::text}};
}

QList<Readout> rateReadouts(const RunCurves& curves, double step) {
  const CurvePoint* point = curves.rate().nearest(step);
  if (point == nullptr) return {};
  return {{formatRate(point->value), &ThemeColors::rate}};
}

QList<Readout> gradientReadouts(const RunCurves& curves, double step) {
  const CurvePoint* point = curves.gradient().nearest(step);
  if (point == nullptr) return {};
  return {{formatNumber(point->value, 4), &ThemeColors::gradient}};
}

}  // namespace rosa::ui
