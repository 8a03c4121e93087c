// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapt/parameter.h"
#include "train/blueprint.h"
#include "train/stop_rule.h"

namespace rosa::train {

/// Watches whether anything that trains moves at all in a run's first steps: those until its first evaluation, at most
/// a hundred, and longer only while the learning rate has yet to rise. Remembers a sum of each tensor's bits, not the
/// tensor. Refers to the parameters, which must outlive it; used by the run's thread.
class MovementWatch {
 public:
  static constexpr std::int64_t kLongestInterval = 100;

  MovementWatch(const adapt::ParameterList& parameters, const Counts& counts);

  /// After each step and before a resample. `nextRate` is the learning rate of the step to come, `last` that there is
  /// none. The sentence, once, where nothing has moved.
  [[nodiscard]] std::optional<std::string> afterStep(const StepFacts& facts, double rate, double nextRate, bool last);

  /// Around a resample, which moves the factors without training them.
  void beforeResample();
  void afterResample();

 private:
  [[nodiscard]] bool moved() const;

  const adapt::ParameterList& parameters_;
  std::int64_t interval_;
  std::vector<std::int64_t> sums_;  ///< one a parameter
  double largestRate_ = 0;
  double largestLoss_ = 0;
  std::int64_t applied_ = 0;  ///< steps
  bool settled_ = false;      ///< it has moved, or was told not to have
};

}  // namespace rosa::train
