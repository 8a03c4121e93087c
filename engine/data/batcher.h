// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "data/batch_plan.h"
#include "data/example_store.h"
#include "data/flat_batch.h"
#include "data/masking.h"
#include "data/mixture.h"

namespace rosa::data {

/// Hands out a set's examples as the batches of a plan; the tokens that are hidden follow from seed and epoch too. The
/// last batch of an epoch holds what is left. Used by one thread.
class Batcher {
 public:
  Batcher(ExampleStore examples, TargetKind kind, const BatchOptions& options);

  [[nodiscard]] const BatchPlan& plan() const { return plan_; }
  [[nodiscard]] FlatBatch batch(std::int64_t epoch, std::int64_t index) const;

  /// The batch that begins at `position`, which moves on behind it, into the next epoch where this one is used up.
  [[nodiscard]] FlatBatch next(DataPosition& position) const;

  /// The `count` examples with the most tokens: the worst case for memory.
  [[nodiscard]] FlatBatch longest(std::int64_t count) const;
  /// The same where batches are filled by tokens (BatchPlan::fullest).
  [[nodiscard]] FlatBatch fullest(std::int64_t tokens) const;

 private:
  [[nodiscard]] FlatBatch made(std::span<const std::int64_t> chosen, std::int64_t epoch) const;

  ExampleStore examples_;
  TargetKind kind_;
  std::int64_t firstPosition_;
  std::optional<Masking> masking_;
  BatchPlan plan_;
};

}  // namespace rosa::data
