// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "optim/schedule.h"
#include "rosa/config.h"

namespace rosa::train {

/// How many steps a run has, and when what is due; 0 = never.
struct Counts {
  std::int64_t stepsPerEpoch = 1;
  std::int64_t totalSteps = 1;
  std::int64_t warmupSteps = 0;
  std::int64_t resampleEvery = 0;
  std::int64_t evalEvery = 0;
  std::int64_t saveEvery = 0;
  std::int64_t sampleEvery = 0;
};

[[nodiscard]] Counts countSteps(const RunConfig& config, std::int64_t trainingExamples);

/// The configured schedule over a run of so many steps.
[[nodiscard]] optim::ScheduleSettings scheduleOf(const RunConfig& config, const Counts& counts);

/// Resamples after the first draw: those that fall before the last step.
[[nodiscard]] std::int64_t expectedResamples(const Counts& counts);

/// Expected share of n directions that `resamples` + 1 windows of `rank`, drawn as adapt::drawSlice does, have touched.
[[nodiscard]] double expectedCoverage(std::int64_t rank, std::int64_t directions, std::int64_t resamples);

}  // namespace rosa::train
