// SPDX-License-Identifier: GPL-3.0-or-later
#include "optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rosa::optim {

namespace {

using std::numbers::pi;

/// From 1 at progress 0 down to 0 at 1.
double falling(RampShape shape, double progress) {
  switch (shape) {
    case RampShape::Linear:
      return 1 - progress;
    case RampShape::Cosine:
      return 0.5 * (1 + std::cos(pi * progress));
    case RampShape::OneMinusSqrt:
      return 1 - std::sqrt(progress);
  }
  return 1 - progress;
}

double aboveMinimum(double factor, double minimum) {
  return std::max(0.0, factor * (1 - minimum) + minimum);
}

double warmupStableDecay(const ScheduleSettings& settings, std::int64_t step) {
  if (step < settings.warmupSteps) {
    const double left = 1 - static_cast<double>(step) / static_cast<double>(settings.warmupSteps);
    return aboveMinimum(falling(settings.warmupShape, left), settings.minimum);
  }
  const auto stable = std::max<std::int64_t>(0, settings.totalSteps - settings.warmupSteps - settings.decaySteps);
  const auto decaying = step - settings.warmupSteps - stable;
  if (decaying < 0) return 1;
  if (decaying >= settings.decaySteps) return settings.minimum;
  const double progress = static_cast<double>(decaying) / static_cast<double>(settings.decaySteps);
  return aboveMinimum(falling(settings.decayShape, progress), settings.minimum);
}

double inverseSqrt(const ScheduleSettings& settings, std::int64_t step) {
  constexpr std::int64_t kTimescaleWithoutWarmup = 10'000;
  auto timescale = settings.timescale;
  if (timescale == 0) timescale = settings.warmupSteps > 0 ? settings.warmupSteps : kTimescaleWithoutWarmup;
  return 1 / std::sqrt(static_cast<double>(step + timescale - settings.warmupSteps) / static_cast<double>(timescale));
}

}  // namespace

double scheduleFactor(const ScheduleSettings& settings, std::int64_t step) {
  const auto warmupSteps = settings.warmupSteps;
  if (settings.schedule == Schedule::WarmupStableDecay) return warmupStableDecay(settings, step);
  if (step < warmupSteps) return static_cast<double>(step) / static_cast<double>(warmupSteps);
  const auto stepsAfter = static_cast<double>(std::max<std::int64_t>(settings.totalSteps - warmupSteps, 1));
  const double progress = static_cast<double>(step - warmupSteps) / stepsAfter;
  switch (settings.schedule) {
    case Schedule::Constant:
    case Schedule::WarmupStableDecay:
      return 1;
    case Schedule::Linear:
      return std::max(0.0, 1 - progress);
    case Schedule::Cosine:
      return falling(RampShape::Cosine, progress);
    case Schedule::CosineWithRestarts:
      return progress >= 1 ? 0 : falling(RampShape::Cosine, std::fmod(settings.cycles * progress, 1.0));
    case Schedule::Polynomial:
      if (step > settings.totalSteps) return settings.minimum;
      return (1 - settings.minimum) * std::pow(std::max(0.0, 1 - progress), settings.power) + settings.minimum;
    case Schedule::InverseSqrt:
      return inverseSqrt(settings, step);
    case Schedule::CosineWithMinLr:
      return aboveMinimum(falling(RampShape::Cosine, progress), settings.minimum);
  }
  return 1;
}

}  // namespace rosa::optim
