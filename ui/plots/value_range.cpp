// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/value_range.h"

#include <algorithm>
#include <cmath>

namespace rosa::ui {
namespace {

constexpr double kAir = 0.06;
constexpr double kLeastHeight = 1e-3;
constexpr double kLeastLogarithmic = 1e-6;

}  // namespace

ValueRange valuesBetween(const BoundedSeries& series, double first, double last) {
  const auto& points = series.points();
  auto from = std::lower_bound(points.begin(), points.end(), first,
                               [](const CurvePoint& point, double step) { return point.step < step; });
  ValueRange range;
  for (; from != points.end() && from->step <= last; ++from) {
    range.lower = std::min(range.lower, from->value);
    range.upper = std::max(range.upper, from->value);
  }
  return range;
}

ValueRange joined(ValueRange a, ValueRange b) {
  return {std::min(a.lower, b.lower), std::max(a.upper, b.upper)};
}

ValueRange lossRange(ValueRange values, bool logarithmic) {
  if (values.empty()) return {1, 4};
  if (logarithmic) {
    const double lower = std::max(values.lower, kLeastLogarithmic);
    const double factor = std::pow(std::max(values.upper / lower, 1 + kLeastHeight), kAir);
    return {lower / factor, std::max(values.upper, lower) * factor};
  }
  const double air = std::max(values.upper - values.lower, kLeastHeight) * kAir;
  return {values.lower - air, values.upper + air};
}

ValueRange fromZero(ValueRange values, double least) {
  const double upper = values.empty() ? least : std::max(values.upper, least);
  return {0, upper * (1 + 2 * kAir)};
}

}  // namespace rosa::ui
