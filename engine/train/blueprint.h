// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "optim/schedule.h"
#include "rosa/config.h"
#include "rosa/expected.h"
#include "train/epoch_steps.h"

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

/// Intervals of epochs are as long as the first epoch.
[[nodiscard]] Counts countSteps(const RunConfig& config, const EpochSteps& steps);
/// Of batches that are filled by number; where tokens fill them and only the number of examples is known, a guess.
[[nodiscard]] Counts countSteps(const RunConfig& config, std::int64_t trainingExamples);
/// Of epochs that all have so many steps.
[[nodiscard]] Counts countEvenSteps(const RunConfig& config, std::int64_t stepsPerEpoch);

/// The configured schedule over a run of so many steps.
[[nodiscard]] optim::ScheduleSettings scheduleOf(const RunConfig& config, const Counts& counts);

/// An error where the first resample would follow the run's last step: an interval of epochs, which only the data turns
/// into steps, can be longer than the run.
[[nodiscard]] Status checkResampleInterval(const Counts& counts);
/// Whether such an interval is a mistake: the default one is not.
[[nodiscard]] bool asksForResamples(const RunConfig& config);

/// Resamples after the first draw: those that fall before the last step.
[[nodiscard]] std::int64_t expectedResamples(const Counts& counts);
/// As often as a layer's slice can be drawn: a plateau may bring more resamples than are expected.
[[nodiscard]] std::int64_t mostDraws(const Counts& counts);

/// Expected share of n directions that `resamples` + 1 slices of `rank` span. Each merge turns the basis that the next
/// slice is drawn from, so nearly all of a slice is new whatever the rule: of MiniLM, 16 windows of a 24th each span
/// 0.658 and six slices of the largest directions 0.208 (`rosa train`, MRPC, lr 1e-3, a resample every 10 steps).
[[nodiscard]] double expectedCoverage(std::int64_t rank, std::int64_t directions, std::int64_t resamples);

}  // namespace rosa::train
