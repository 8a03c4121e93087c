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
/// The same with what a line through the points reaches on its way in and out of these steps.
[[nodiscard]] ValueRange valuesDrawn(const BoundedSeries& series, double first, double last);
[[nodiscard]] ValueRange joined(ValueRange a, ValueRange b);
/// With some air above and below; never reaches zero on a logarithmic axis. A loss that ran away without becoming
/// infinite still leaves an axis that can be drawn.
[[nodiscard]] ValueRange lossRange(ValueRange values, bool logarithmic);
/// From zero to a little above the highest value, at least `least` high.
[[nodiscard]] ValueRange fromZero(ValueRange values, double least);

}  // namespace rosa::ui
