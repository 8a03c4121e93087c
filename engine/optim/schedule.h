// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "rosa/config.h"

namespace rosa::optim {

/// The arguments of a schedule; each reads its own.
struct ScheduleSettings {
  Schedule schedule = Schedule::Linear;
  std::int64_t warmupSteps = 0;
  std::int64_t totalSteps = 1;
  double cycles = 1;                          ///< cosine_with_restarts
  double power = 1;                           ///< polynomial
  double minimum = 0;                         ///< lowest factor: polynomial, cosine_with_min_lr, warmup_stable_decay
  std::int64_t timescale = 0;                 ///< inverse_sqrt; 0 = the warm-up's steps, or 10,000 without one
  std::int64_t decaySteps = 0;                ///< warmup_stable_decay
  RampShape warmupShape = RampShape::Linear;  ///< warmup_stable_decay
  RampShape decayShape = RampShape::Cosine;   ///< warmup_stable_decay
};

/// What the peak learning rate is multiplied by at optimizer step `step` (0 = the first): the same numbers as
/// transformers' get_scheduler. All but warmup_stable_decay rise linearly from 0 during the warm-up; constant is its
/// constant_with_warmup. A resample does not enter: the schedule continues across it.
[[nodiscard]] double scheduleFactor(const ScheduleSettings& settings, std::int64_t step);

}  // namespace rosa::optim
