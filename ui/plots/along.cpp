// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/along.h"

#include <QObject>
#include <algorithm>
#include <cmath>

#include "widgets/combo_box.h"
#include "widgets/format.h"

namespace rosa::ui {
namespace {

constexpr double kSecondsInMinute = 60;

const BoundedSeries& seriesAlong(const RunCurves& curves, Along along) {
  if (along == Along::Epoch) return curves.epochs();
  return along == Along::Tokens ? curves.tokens() : curves.seconds();
}

}  // namespace

double placeOf(const RunCurves& curves, Along along, double step) {
  if (along == Along::Step) return step;
  const BoundedSeries& series = seriesAlong(curves, along);
  const CurvePoint* point = series.lastUpTo(step);
  if (point == nullptr) return 0;
  double place = point->value;
  // Of a long run some steps are left out, and not the same ones in every series.
  if (point != &series.points().back()) {
    const CurvePoint& next = *(point + 1);
    place += (next.value - point->value) * (step - point->step) / (next.step - point->step);
  }
  return along == Along::Time ? place / kSecondsInMinute : place;
}

double stepAt(const RunCurves& curves, Along along, double place) {
  if (along == Along::Step) return place;
  const auto& points = seriesAlong(curves, along).points();
  if (points.empty()) return 0;
  const double value = along == Along::Time ? place * kSecondsInMinute : place;
  const auto right = std::ranges::lower_bound(points, value, {}, &CurvePoint::value);
  if (right == points.end()) return points.back().step;
  if (right == points.begin() || right->value == value) return right->step;
  const CurvePoint& left = *(right - 1);
  return left.step + (right->step - left.step) * (value - left.value) / (right->value - left.value);
}

QString alongLabel(Along along) {
  switch (along) {
    case Along::Epoch:
      return QObject::tr("epoch");
    case Along::Tokens:
      return QObject::tr("tokens");
    case Along::Time:
      return QObject::tr("minutes of training");
    default:
      return QObject::tr("step");
  }
}

QString placeText(Along along, double place) {
  if (along == Along::Time) return formatDuration(place * kSecondsInMinute);
  return isWhole(along) ? formatCount(std::llround(place)) : formatNumber(place);
}

ComboBox* makeAlongBox() {
  auto* box = new ComboBox;
  box->setAccessibleName(QObject::tr("Along"));
  box->setToolTip(QObject::tr(
      "What the axis along counts: the same steps may have taken other times, or read other numbers of tokens"));
  box->addItem(QObject::tr("by step"), static_cast<int>(Along::Step));
  box->addItem(QObject::tr("by epoch"), static_cast<int>(Along::Epoch));
  box->addItem(QObject::tr("by tokens"), static_cast<int>(Along::Tokens));
  box->addItem(QObject::tr("by time"), static_cast<int>(Along::Time));
  box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  return box;
}

}  // namespace rosa::ui
