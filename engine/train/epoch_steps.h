// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "data/batch_plan.h"
#include "rosa/config.h"

namespace rosa::train {

/// Which steps make which epoch. Where batches are filled by tokens, the epochs' orders make a batch more here and one
/// less there: each epoch is counted by its own order, which seed and epoch settle beforehand. Used by one thread.
class EpochSteps {
 public:
  /// Refers to the plan.
  EpochSteps(const data::BatchPlan& plan, std::int64_t accumulate)
      : plan_(&plan), accumulate_(std::max<std::int64_t>(1, accumulate)) {}

  /// Of one epoch (from 0), at least 1.
  [[nodiscard]] std::int64_t of(std::int64_t epoch) const;
  /// Of so many epochs, of the last one's a share where it is not whole; what `steps` says where it is given.
  [[nodiscard]] std::int64_t total(const RunConfig& config) const;

  struct Place {
    std::int64_t epoch = 0;
    std::int64_t step = 0;   ///< in the epoch, from 0
    std::int64_t steps = 1;  ///< of the epoch
  };
  /// Of a step counted from 1.
  [[nodiscard]] Place placeOf(std::int64_t step) const;

 private:
  /// Of the epochs before this one.
  [[nodiscard]] std::int64_t before(std::int64_t epoch) const;

  const data::BatchPlan* plan_;
  std::int64_t accumulate_;
  mutable std::vector<std::int64_t> ends_;  ///< steps up to the end of each epoch, as far as they were asked for
};

}  // namespace rosa::train
