// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/epoch_steps.h"

#include <algorithm>
#include <cmath>

#include "config/resolve.h"

namespace rosa::train {

namespace {

/// Examples that are put in order to count steps; of a longer run the rest is reckoned by the mean of these epochs.
constexpr double kMostCounted = 2e8;
constexpr double kMostSteps = 1e15;

}  // namespace

std::int64_t EpochSteps::of(std::int64_t epoch) const {
  return before(epoch + 1) - before(epoch);
}

std::int64_t EpochSteps::before(std::int64_t epoch) const {
  const auto counted = [&](std::int64_t index) {
    return std::max<std::int64_t>(1, (plan_->batches(index) + accumulate_ - 1) / accumulate_);
  };
  if (plan_->even()) return epoch * counted(0);
  while (std::ssize(ends_) < epoch) {
    ends_.push_back((ends_.empty() ? 0 : ends_.back()) + counted(std::ssize(ends_)));
  }
  return epoch == 0 ? 0 : ends_[static_cast<std::size_t>(epoch) - 1];
}

std::int64_t EpochSteps::total(const RunConfig& config) const {
  if (config.steps || plan_->even()) return config::resolveSteps(config, of(0));
  const double epochs = std::max(0.0, config.epochs.value_or(config::kDefaultEpochs));
  const double most = std::max(1.0, std::floor(kMostCounted / static_cast<double>(plan_->examples() + 1)));
  if (epochs > most) {
    const auto counted = static_cast<std::int64_t>(most);
    const double mean = static_cast<double>(before(counted)) / most;
    return static_cast<std::int64_t>(std::ceil(std::min(mean * epochs, kMostSteps)));
  }
  const auto whole = static_cast<std::int64_t>(std::floor(epochs));
  auto rest = config;
  rest.epochs = epochs - static_cast<double>(whole);
  const auto steps = before(whole) + (*rest.epochs > 0 ? config::resolveSteps(rest, of(whole)) : 0);
  return std::max<std::int64_t>(1, steps);
}

EpochSteps::Place EpochSteps::placeOf(std::int64_t step) const {
  if (plan_->even()) {
    const auto steps = of(0);
    return {(step - 1) / steps, (step - 1) % steps, steps};
  }
  while (ends_.empty() || ends_.back() < step) (void)before(std::ssize(ends_) + 1);
  const auto epoch = std::ranges::lower_bound(ends_, step) - ends_.begin();
  return {epoch, step - 1 - before(epoch), of(epoch)};
}

}  // namespace rosa::train
