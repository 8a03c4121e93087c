// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/stop_rule.h"

#include <fmt/format.h>

#include <cmath>

namespace rosa::train {

std::optional<std::string> NonFiniteRule::afterStep(const StepFacts& facts) {
  inARow_ = facts.applied ? 0 : inARow_ + 1;
  if (inARow_ < limit_) return std::nullopt;
  return fmt::format(
      "Loss or gradient was not finite in {} steps in a row (steps {} to {}, last loss {}); none of them was applied. "
      "Choose a "
      "lower learning rate (lr) or a smaller gradient norm (clip), then resume from the last checkpoint.",
      inARow_, facts.step - inARow_ + 1, facts.step, facts.loss);
}

std::optional<std::string> NoGradientRule::afterStep(const StepFacts& facts) {
  if (!facts.applied) return std::nullopt;
  const bool none = facts.gradientNorm == 0 && std::abs(facts.loss) > kSmallestLoss;
  inARow_ = none ? inARow_ + 1 : 0;
  hadGradient_ = hadGradient_ || facts.gradientNorm > 0;
  if (inARow_ < (hadGradient_ ? limit_ : 1)) return std::nullopt;
  return fmt::format(
      "The gradient was exactly 0 in step {} although the loss was {:.6g}: nothing that trains has an effect on this "
      "loss, so the run would learn nothing. Choose other layers (layers), another method, or data whose targets "
      "depend "
      "on them.",
      facts.step, facts.loss);
}

bool stopsEarly(const RunConfig& config, const Progress& progress) {
  return config.earlyStopping > 0 && progress.evaluationsWithoutBetter >= config.earlyStopping;
}

std::string earlyStopSentence(const Progress& progress, const std::string& metric) {
  return fmt::format(
      "Stopped early after step {}: {} evaluations in a row had no better {} than the {:.6g} of step {}.",
      progress.step, progress.evaluationsWithoutBetter, metric, progress.bestValue, progress.bestStep);
}

}  // namespace rosa::train
