// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "data/example.h"
#include "data/flat_batch.h"
#include "data/masking.h"

namespace rosa::data {

/// Where a run stands in its data. Counted in examples, so that it stays right when the batch size changes.
struct DataPosition {
  std::int64_t epoch = 0;
  std::int64_t example = 0;  ///< how many of this epoch's examples have been taken
  friend bool operator==(const DataPosition&, const DataPosition&) = default;
};

struct BatchOptions {
  std::int64_t batch = 8;          ///< examples
  std::int64_t firstPosition = 0;  ///< of the model's position ids
  bool shuffle = true;             ///< otherwise every epoch keeps the order of the file
  std::int64_t seed = 0;
  std::optional<Masking> masking{};  ///< each epoch hides other tokens
};

/// Hands out a set's examples as batches, each epoch in an order of its own that follows from seed and epoch alone, as
/// do the tokens that are hidden. The
/// last batch of an epoch holds what is left. Refers to the examples, which must outlive it; used by one thread.
class Batcher {
 public:
  Batcher(std::span<const Example> examples, TargetKind kind, const BatchOptions& options)
      : examples_(examples), kind_(kind), options_(options) {}

  [[nodiscard]] std::int64_t batchesPerEpoch() const;
  [[nodiscard]] FlatBatch batch(std::int64_t epoch, std::int64_t index) const;

  /// The batch that begins at `position`, which moves on behind it, into the next epoch where this one is used up.
  [[nodiscard]] FlatBatch next(DataPosition& position) const;

  /// The `count` examples with the most tokens: the worst case for memory.
  [[nodiscard]] FlatBatch longest(std::int64_t count) const;

 private:
  [[nodiscard]] FlatBatch made(std::span<const std::int64_t> chosen, std::int64_t epoch) const;
  [[nodiscard]] std::span<const std::int64_t> orderOf(std::int64_t epoch) const;

  std::span<const Example> examples_;
  TargetKind kind_;
  BatchOptions options_;
  mutable std::vector<std::int64_t> order_;  ///< of the epoch asked for last
  mutable std::int64_t orderEpoch_ = -1;
};

}  // namespace rosa::data
