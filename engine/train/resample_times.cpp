// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/resample_times.h"

#include <algorithm>
#include <numeric>

namespace rosa::train {

std::vector<std::size_t> ResampleTimes::due(std::int64_t step, std::size_t layers) const {
  std::vector<std::size_t> chosen;
  if (every <= 0 || step < every || step >= totalSteps) return chosen;
  const auto place = step % every;
  if (!staggered) {
    if (place == 0) {
      chosen.resize(layers);
      std::iota(chosen.begin(), chosen.end(), std::size_t{0});
    }
    return chosen;
  }
  const auto count = static_cast<std::int64_t>(layers);
  for (std::int64_t i = 0; i < count; ++i) {
    if (i * every / count == place) chosen.push_back(static_cast<std::size_t>(i));
  }
  return chosen;
}

std::int64_t ResampleTimes::next(std::int64_t step, std::size_t layers) const {
  if (every <= 0 || layers == 0) return 0;
  // Any `every` steps in a row from the first round on hold a step that is due.
  for (auto later = std::max(step + 1, every); later < std::min(totalSteps, std::max(step, every) + every + 1);
       ++later) {
    if (!due(later, layers).empty()) return later;
  }
  return 0;
}

double rewarmFactor(std::int64_t rewarm, std::int64_t stepsAfter) {
  if (stepsAfter > rewarm) return 1;
  return static_cast<double>(stepsAfter) / static_cast<double>(rewarm + 1);
}

}  // namespace rosa::train
