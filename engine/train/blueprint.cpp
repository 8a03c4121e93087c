// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/blueprint.h"

#include <algorithm>
#include <string>

#include "config/resolve.h"
#include "rosa/method_traits.h"

namespace rosa::train {

namespace {

Counts countsOf(const RunConfig& config, std::int64_t stepsPerEpoch, std::int64_t totalSteps) {
  Counts counts;
  counts.stepsPerEpoch = stepsPerEpoch;
  counts.totalSteps = totalSteps;
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

}  // namespace

Counts countSteps(const RunConfig& config, const EpochSteps& steps) {
  return countsOf(config, steps.of(0), steps.total(config));
}

Counts countSteps(const RunConfig& config, std::int64_t trainingExamples) {
  const auto perStep = std::max<std::int64_t>(1, config.batch * config.accumulate);
  return countEvenSteps(config, std::max<std::int64_t>(1, (trainingExamples + perStep - 1) / perStep));
}

Counts countEvenSteps(const RunConfig& config, std::int64_t stepsPerEpoch) {
  return countsOf(config, stepsPerEpoch, config::resolveSteps(config, stepsPerEpoch));
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

std::int64_t mostDraws(const Counts& counts) {
  return counts.plateauSteps > 0 ? counts.totalSteps : expectedResamples(counts) + 1;
}

double expectedCoverage(std::int64_t rank, std::int64_t directions, std::int64_t resamples) {
  if (directions <= 0) return 1;
  const auto trained = static_cast<double>(rank) * static_cast<double>(resamples + 1);
  return std::min(1.0, trained / static_cast<double>(directions));
}

}  // namespace rosa::train
