// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "rosa/config.h"

namespace rosa::optim {

/// What the peak learning rate is multiplied by at optimizer step `step` (0 = the first): linear from 0 during
/// `warmupSteps`, then constant, falling linearly to 0 at `totalSteps`, or falling as half a cosine. The same numbers
/// as transformers' get_scheduler. A resample does not enter: the schedule continues across it.
[[nodiscard]] double scheduleFactor(Schedule schedule, std::int64_t step, std::int64_t warmupSteps,
                                    std::int64_t totalSteps);

}  // namespace rosa::optim
