// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "rosa/events.h"

namespace rosa::train {

/// Debiased exponential mean of the loss (weight 0.9 a step), and how it moves after each resample.
class SmoothedLoss {
 public:
  static constexpr double kWeight = 0.9;
  static constexpr std::int64_t kSettlingSteps = 20;

  /// Takes the loss of a step; returns the resamples whose effect is known now.
  std::vector<ResampleSettled> add(std::int64_t step, double loss) {
    std::vector<ResampleSettled> settled;
    if (std::isfinite(loss)) {
      sum_ = kWeight * sum_ + (1 - kWeight) * loss;
      weight_ = kWeight * weight_ + (1 - kWeight);
    }
    while (!open_.empty() && step >= open_.front().step + kSettlingSteps) {
      settled.push_back({open_.front().cycle, open_.front().step, value() - open_.front().before});
      open_.pop_front();
    }
    return settled;
  }

  void resampled(std::int64_t cycle, std::int64_t step) {
    if (weight_ > 0) open_.push_back({cycle, step, value()});
  }

  [[nodiscard]] double value() const { return weight_ > 0 ? sum_ / weight_ : std::nan(""); }

  /// The two running sums and the open resamples, for a checkpoint.
  struct Open {
    std::int64_t cycle = 0, step = 0;
    double before = 0;
  };
  [[nodiscard]] double sum() const { return sum_; }
  [[nodiscard]] double weight() const { return weight_; }
  [[nodiscard]] const std::deque<Open>& open() const { return open_; }
  void restore(double sum, double weight, std::deque<Open> open) {
    sum_ = sum;
    weight_ = weight;
    open_ = std::move(open);
  }

 private:
  double sum_ = 0;
  double weight_ = 0;
  std::deque<Open> open_;
};

}  // namespace rosa::train
