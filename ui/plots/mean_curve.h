// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <vector>

/// What the curves of several seeds amount to. Pure functions.
namespace rosa::ui {

struct PlacedPoint {
  double place = 0;  ///< along the axis: step, epoch, tokens or minutes
  double value = 0;
};

struct MeanPoint {
  double place = 0;
  double mean = 0;
  double half = 0;  ///< the 95 % interval (Student) is mean ± half; 0 where one curve alone has come that far
};

/// At every place at which one of the curves has a point: the mean of all that have come that far, each read between
/// its neighbouring points. Places grow in each curve.
[[nodiscard]] std::vector<MeanPoint> meanCurve(const std::vector<std::vector<PlacedPoint>>& curves);

}  // namespace rosa::ui
