// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rosa::train {

/// After which steps which layers are resampled, as far as that is known before the run.
///
/// All at once: after every `every`-th step. Staggered: the same, but the layers of a round follow one another over the
/// steps until the next round begins, as evenly as they can, so that no step waits for all of them.
struct ResampleTimes {
  std::int64_t every = 0;       ///< steps between two resamples of a layer; 0 = never
  std::int64_t totalSteps = 0;  ///< none follows the last step
  bool staggered = false;

  /// Which of `layers` are due after `step` (1-based), ascending.
  [[nodiscard]] std::vector<std::size_t> due(std::int64_t step, std::size_t layers) const;
  /// The first step after `step` after which some are due; 0 = none.
  [[nodiscard]] std::int64_t next(std::int64_t step, std::size_t layers) const;
  /// How often the layers due after `step` were due up to then: keys the draw of a staggered layer.
  [[nodiscard]] std::int64_t round(std::int64_t step) const { return every > 0 ? step / every : 0; }
};

/// What the learning rate is multiplied by so many steps after a resample (1 = the first), where `rewarm` steps warm
/// up: k / (rewarm + 1) at the k-th of them, then 1.
[[nodiscard]] double rewarmFactor(std::int64_t rewarm, std::int64_t stepsAfter);

}  // namespace rosa::train
