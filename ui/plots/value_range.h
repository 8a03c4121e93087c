// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <limits>

#include "plots/bounded_series.h"

/// Which values an axis shows.
namespace rosa::ui {

/// Empty while lower is above upper.
struct ValueRange {
  double lower = std::numeric_limits<double>::infinity();
  double upper = -std::numeric_limits<double>::infinity();
  [[nodiscard]] bool empty() const { return lower > upper; }
};

/// Lowest and highest value among the points from step `first` to step `last`.
[[nodiscard]] ValueRange valuesBetween(const BoundedSeries& series, double first, double last);
[[nodiscard]] ValueRange joined(ValueRange a, ValueRange b);
/// With some air above and below; never reaches zero on a logarithmic axis.
[[nodiscard]] ValueRange lossRange(ValueRange values, bool logarithmic);
/// From zero to a little above the highest value, at least `least` high.
[[nodiscard]] ValueRange fromZero(ValueRange values, double least);

}  // namespace rosa::ui
