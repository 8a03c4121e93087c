// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "plots/resample_marks.h"

namespace rosa::ui {

/// A contiguous window of directions in the picture of what has trained.
struct DirectionBar {
  std::size_t row = 0;  ///< the layer's
  std::int64_t start = 0;
  std::int64_t count = 0;
  std::int64_t directions = 0;
  bool strong = false;  ///< trains now, or belongs to the highlighted resample
};

struct DirectionRows {
  std::size_t rows = 0;  ///< layers, in the order of their first draw
  std::vector<DirectionBar> bars;
};

/// What was trained is faint; on top, strong, what trains now, or what the highlighted resample drew. Runs of
/// neighbouring directions are one bar, so that their number does not grow with that of the resamples. Directions
/// without an index have no bar.
[[nodiscard]] DirectionRows directionRows(const DirectionHistory& history, const ResampleMark* highlighted);

}  // namespace rosa::ui
