// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "plots/run_curves.h"

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

/// A resample may hold some layers alone, and several windows of one layer; directions without an index have no bar.
[[nodiscard]] DirectionRows directionRows(const std::vector<ResampleMark>& resamples,
                                          std::optional<std::int64_t> highlighted);

}  // namespace rosa::ui
