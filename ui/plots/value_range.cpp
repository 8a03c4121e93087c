// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/value_range.h"

#include <algorithm>
#include <cmath>

namespace rosa::ui {
namespace {

constexpr double kAir = 0.06;
constexpr double kLeastHeight = 1e-3;
constexpr double kLeastLogarithmic = 1e-6;
constexpr double kLeastShare = 0.005;  ///< of the value itself, so that its neighbours differ in few digits
constexpr double kMostValue = 1e100;   ///< beyond which no axis can be drawn

void include(ValueRange& range, double value) {
  range.lower = std::min(range.lower, value);
  range.upper = std::max(range.upper, value);
}

double lineAt(const CurvePoint& left, const CurvePoint& right, double step) {
  const double share = (step - left.step) / (right.step - left.step);
  return (1 - share) * left.value + share * right.value;
}

}  // namespace

ValueRange valuesBetween(const BoundedSeries& series, double first, double last) {
  const auto& points = series.points();
  auto from = std::lower_bound(points.begin(), points.end(), first,
                               [](const CurvePoint& point, double step) { return point.step < step; });
  ValueRange range;
  for (; from != points.end() && from->step <= last; ++from) {
    include(range, from->value);
  }
  return range;
}

ValueRange valuesDrawn(const BoundedSeries& series, double first, double last) {
  ValueRange range = valuesBetween(series, first, last);
  const auto& points = series.points();
  for (const double edge : {first, last}) {
    const auto right = std::lower_bound(points.begin(), points.end(), edge,
                                        [](const CurvePoint& point, double step) { return point.step < step; });
    if (right == points.begin() || right == points.end()) continue;
    include(range, lineAt(*(right - 1), *right, edge));
  }
  return range;
}

ValueRange joined(ValueRange a, ValueRange b) {
  return {std::min(a.lower, b.lower), std::max(a.upper, b.upper)};
}

ValueRange lossRange(ValueRange values, bool logarithmic) {
  if (values.empty()) return {1, 4};
  values = {std::clamp(values.lower, -kMostValue, kMostValue), std::clamp(values.upper, -kMostValue, kMostValue)};
  if (logarithmic) {
    const double lower = std::max(values.lower, kLeastLogarithmic);
    const double factor = std::pow(std::max(values.upper / lower, 1 + kLeastHeight), kAir);
    return {lower / factor, std::max(values.upper, lower) * factor};
  }
  const double largest = std::max(std::abs(values.lower), std::abs(values.upper));
  const double missing = std::max(kLeastHeight, kLeastShare * largest) - (values.upper - values.lower);
  if (missing > 0) values = {values.lower - missing / 2, values.upper + missing / 2};
  const double air = (values.upper - values.lower) * kAir;
  return {values.lower - air, values.upper + air};
}

ValueRange fromZero(ValueRange values, double least) {
  const double upper = values.empty() ? least : std::clamp(values.upper, least, kMostValue);
  return {0, upper * (1 + 2 * kAir)};
}

}  // namespace rosa::ui
