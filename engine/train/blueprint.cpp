// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/blueprint.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "config/resolve.h"
#include "rosa/method_traits.h"

namespace rosa::train {

Counts countSteps(const RunConfig& config, std::int64_t trainingExamples) {
  Counts counts;
  const auto perStep = std::max<std::int64_t>(1, config.batch * config.accumulate);
  counts.stepsPerEpoch = std::max<std::int64_t>(1, (trainingExamples + perStep - 1) / perStep);
  counts.totalSteps = config::resolveSteps(config, counts.stepsPerEpoch);
  counts.warmupSteps = config::warmupSteps(config.warmup, counts.totalSteps);
  counts.resampleEvery =
      hasCycles(config.method) ? config::intervalSteps(config.resampleEvery, counts.stepsPerEpoch) : 0;
  counts.rewarm = hasCycles(config.method) ? config::rewarmSteps(config, counts.resampleEvery) : 0;
  counts.plateauSteps =
      hasCycles(config.method) ? config::intervalSteps(config.resamplePlateau, counts.stepsPerEpoch) : 0;
  counts.evalEvery = config::intervalSteps(config.evalEvery, counts.stepsPerEpoch);
  counts.saveEvery = config::intervalSteps(config.saveEvery, counts.stepsPerEpoch);
  counts.sampleEvery = config::intervalSteps(config.sampleEvery, counts.stepsPerEpoch);
  return counts;
}

optim::ScheduleSettings scheduleOf(const RunConfig& config, const Counts& counts) {
  optim::ScheduleSettings settings;
  settings.schedule = config.schedule;
  settings.warmupSteps = counts.warmupSteps;
  settings.totalSteps = counts.totalSteps;
  settings.cycles = config.scheduleCycles;
  settings.power = config.schedulePower;
  // transformers' lr_end of polynomial is an absolute rate, 1e-7.
  const double usual = config.schedule == Schedule::Polynomial ? 1e-7 / config.learningRate : 0;
  settings.minimum = config.scheduleMinimum.value_or(usual);
  settings.timescale = config.scheduleTimescale;
  settings.decaySteps = config::warmupSteps(config.scheduleDecay, counts.totalSteps);
  settings.warmupShape = config.warmupShape;
  settings.decayShape = config.decayShape;
  return settings;
}

Status checkResampleInterval(const Counts& counts) {
  if (counts.resampleEvery <= counts.totalSteps) return {};
  return Error{"resample-every: the run has " + std::to_string(counts.totalSteps) +
               " steps and the first resample would follow step " + std::to_string(counts.resampleEvery) +
               ". Write a shorter interval, or never."};
}

bool asksForResamples(const RunConfig& config) {
  return config.resampleEvery != RunConfig().resampleEvery;
}

std::int64_t expectedResamples(const Counts& counts) {
  return counts.resampleEvery > 0 ? (counts.totalSteps - 1) / counts.resampleEvery : 0;
}

double expectedCoverage(std::int64_t rank, std::int64_t directions, std::int64_t resamples) {
  if (directions <= 0 || rank >= directions) return 1;
  // A window's start is uniform in 0..n-r; direction i lies in it for min(i, n-r) - max(0, i-r+1) + 1 of them.
  const auto starts = directions - rank + 1;
  double touched = 0;
  for (std::int64_t i = 0; i < directions; ++i) {
    const auto covering = std::min(i, directions - rank) - std::max<std::int64_t>(0, i - rank + 1) + 1;
    const double missed = 1 - static_cast<double>(covering) / static_cast<double>(starts);
    touched += 1 - std::pow(missed, static_cast<double>(resamples + 1));
  }
  return touched / static_cast<double>(directions);
}

double expectedCoverage(const RunConfig& config, std::int64_t rank, std::int64_t directions, std::int64_t resamples) {
  if (directions <= 0 || rank >= directions) return 1;
  const double share = static_cast<double>(rank) / static_cast<double>(directions);
  const auto draws = static_cast<double>(resamples + 1);
  const bool random = config.basis == Basis::Fast || config.factorise == Factorise::RandomAdd ||
                      config.factorise == Factorise::RandomProjection ||
                      config.factorise == Factorise::RandomOrthogonal;
  if (random || config.slice == SliceRule::Sweep) return std::min(1.0, draws * share);
  switch (config.slice) {
    case SliceRule::Uniform:
    case SliceRule::Sigma:
    case SliceRule::Gradient:
      return 1 - std::pow(1 - share, draws);
    case SliceRule::Top:
    case SliceRule::Bottom:
      return share;
    case SliceRule::Window:
    case SliceRule::Sweep:
      break;
  }
  return expectedCoverage(rank, directions, resamples);
}

}  // namespace rosa::train
