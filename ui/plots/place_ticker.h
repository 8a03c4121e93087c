// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plots/along.h"
#include "plots/axis_style.h"
#include "plots/axis_ticker.h"

namespace rosa::ui {

/// Ticks for an axis of steps that is read in epochs, tokens or minutes: they stand at round values of these, wherever
/// the run was then.
class PlaceTicker : public QCPAxisTicker {
 public:
  /// Of the given curves, or of steps where there are none; the curves must outlive the axis or the next call.
  void setPlaces(const RunCurves* curves, Along along) {
    curves_ = curves;
    along_ = curves == nullptr ? Along::Step : along;
  }

  void generate(const QCPRange& range, const QLocale& locale, QChar format, int precision, QVector<double>& ticks,
                QVector<double>* subTicks, QVector<QString>* labels) override {
    AxisTicker& inner = isWhole(along_) ? whole_ : along_ == Along::Time ? minutes_ : epochs_;
    if (along_ == Along::Step) return inner.generate(range, locale, format, precision, ticks, subTicks, labels);
    const QCPRange places(placeOf(*curves_, along_, range.lower), placeOf(*curves_, along_, range.upper));
    ticks.clear();
    if (labels != nullptr) labels->clear();
    if (subTicks != nullptr) subTicks->clear();
    if (places.size() <= 0) return;
    inner.generate(places, locale, format, precision, ticks, nullptr, labels);
    for (double& tick : ticks) tick = stepAt(*curves_, along_, tick);
  }

 private:
  static constexpr int kTicks = 7;
  static QString minutesLabel(double value, double tickStep) {
    return QObject::tr("%1 min").arg(valueLabel(value, tickStep));
  }

  AxisTicker whole_{kTicks, stepLabel, true};
  AxisTicker epochs_{kTicks, valueLabel};
  AxisTicker minutes_{kTicks, minutesLabel};
  const RunCurves* curves_ = nullptr;
  Along along_ = Along::Step;
};

}  // namespace rosa::ui
