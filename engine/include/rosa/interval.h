// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>

/// What a few runs with different seeds allow to say, in tables of experiments and in the window. Pure functions.
namespace rosa::metrics {

struct Interval {
  double mean = 0;
  double half = 0;  ///< the 95 % interval is mean ± half; infinite for a single value
  std::size_t count = 0;
};

/// Mean and Student's interval for normal values of unknown deviation. Nothing (all 0) of nothing.
[[nodiscard]] Interval meanInterval(std::span<const double> values);
/// Of the differences left[i] - right[i]: runs of the same seed share data order and head, which a difference takes
/// out. As many of each.
[[nodiscard]] Interval pairedInterval(std::span<const double> left, std::span<const double> right);

/// The 97.5 % quantile of Student's t with `freedom` >= 1 degrees of freedom.
[[nodiscard]] double studentQuantile(std::size_t freedom);

}  // namespace rosa::metrics
