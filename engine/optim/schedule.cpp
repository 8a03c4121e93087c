// SPDX-License-Identifier: GPL-3.0-or-later
#include "optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rosa::optim {

double scheduleFactor(Schedule schedule, std::int64_t step, std::int64_t warmupSteps, std::int64_t totalSteps) {
  if (step < warmupSteps) return static_cast<double>(step) / static_cast<double>(warmupSteps);
  if (schedule == Schedule::Constant) return 1;
  const auto decaySteps = static_cast<double>(std::max<std::int64_t>(totalSteps - warmupSteps, 1));
  const double progress = static_cast<double>(step - warmupSteps) / decaySteps;
  if (schedule == Schedule::Linear) return std::max(0.0, 1 - progress);
  return std::max(0.0, 0.5 * (1 + std::cos(std::numbers::pi * progress)));
}

}  // namespace rosa::optim
