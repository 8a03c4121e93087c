// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "rosa/config.h"
#include "train/progress.h"

namespace rosa::train {

/// What a stop rule may look at after each step.
struct StepFacts {
  std::int64_t step = 0;
  bool applied = true;  ///< false: loss or gradient was not finite
  double loss = 0;
  double gradientNorm = 0;
};

/// Stops a run that only produces NaN or Inf: three steps in a row by default. Returns the sentence to fail with.
class NonFiniteRule {
 public:
  explicit NonFiniteRule(std::int64_t limit = 3) : limit_(limit) {}
  [[nodiscard]] std::optional<std::string> afterStep(const StepFacts& facts);

 private:
  std::int64_t limit_;
  std::int64_t inARow_ = 0;
};

/// Stops a run that cannot learn: a gradient of exactly 0 while there is a loss. A run that never had a gradient ends
/// at its first such step; one that had, after as many in a row as NonFiniteRule waits for.
class NoGradientRule {
 public:
  /// Below this loss an fp32 gradient may round to nothing: what there was to learn is learned.
  static constexpr double kSmallestLoss = 1e-6;

  explicit NoGradientRule(std::int64_t limit = 3) : limit_(limit) {}
  [[nodiscard]] std::optional<std::string> afterStep(const StepFacts& facts);

 private:
  std::int64_t limit_;
  std::int64_t inARow_ = 0;
  bool hadGradient_ = false;
};

/// Whether a run ends before its last step because as many evaluations as early-stopping says were no better than the
/// best one.
[[nodiscard]] bool stopsEarly(const RunConfig& config, const Progress& progress);
/// What to tell of it; `metric` is the deciding one.
[[nodiscard]] std::string earlyStopSentence(const Progress& progress, const std::string& metric);

}  // namespace rosa::train
