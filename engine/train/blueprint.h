// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "optim/schedule.h"
#include "rosa/config.h"
#include "rosa/expected.h"

namespace rosa::train {

/// How many steps a run has, and when what is due; 0 = never.
struct Counts {
  std::int64_t stepsPerEpoch = 1;
  std::int64_t totalSteps = 1;
  std::int64_t warmupSteps = 0;
  std::int64_t resampleEvery = 0;
  std::int64_t rewarm = 0;        ///< steps of warm-up after a resample
  std::int64_t plateauSteps = 0;  ///< without a fall of the loss, after which a resample is due
  std::int64_t evalEvery = 0;
  std::int64_t saveEvery = 0;
  std::int64_t sampleEvery = 0;
};

[[nodiscard]] Counts countSteps(const RunConfig& config, std::int64_t trainingExamples);

/// The configured schedule over a run of so many steps.
[[nodiscard]] optim::ScheduleSettings scheduleOf(const RunConfig& config, const Counts& counts);

/// An error where the first resample would follow the run's last step: an interval of epochs, which only the data turns
/// into steps, can be longer than the run.
[[nodiscard]] Status checkResampleInterval(const Counts& counts);
/// Whether such an interval is a mistake: the default one is not.
[[nodiscard]] bool asksForResamples(const RunConfig& config);

/// Resamples after the first draw: those that fall before the last step.
[[nodiscard]] std::int64_t expectedResamples(const Counts& counts);

/// Expected share of n directions that `resamples` + 1 windows of `rank`, drawn as adapt::drawSlice does, have touched.
[[nodiscard]] double expectedCoverage(std::int64_t rank, std::int64_t directions, std::int64_t resamples);
/// The same for the configured slices. Random directions are new as long as there are new ones; sigma and gradient are
/// taken for sets drawn evenly; the ends of the spectrum for ones that stay as they are.
[[nodiscard]] double expectedCoverage(const RunConfig& config, std::int64_t rank, std::int64_t directions,
                                      std::int64_t resamples);

}  // namespace rosa::train
