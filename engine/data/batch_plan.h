// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "data/masking.h"
#include "data/mixture.h"

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
  /// In place of `batch`: so many tokens, filled with whole examples in the epoch's order; one that is longer is a
  /// batch of its own. 0 = `batch` counts.
  std::int64_t tokens = 0;
  std::int64_t tokensBefore = 0;  ///< that the model puts before each example, counted among `tokens`
  std::vector<MixedRange> mix{};  ///< that divide the examples; empty = each counts once
};

/// How a set's examples are divided into batches, each epoch in an order of its own that follows from seed and epoch
/// alone. Knows no more of the examples than their lengths, so that a plan counts the batches of a run it does not
/// open. Used by one thread.
class BatchPlan {
 public:
  /// `lengths`: tokens of each example.
  BatchPlan(std::vector<std::int32_t> lengths, const BatchOptions& options);

  /// Of an epoch.
  [[nodiscard]] std::int64_t examples() const {
    return options_.mix.empty() ? std::ssize(lengths_) : rowsPerEpoch(options_.mix);
  }
  [[nodiscard]] std::int64_t batches(std::int64_t epoch) const;
  /// Whether all epochs have the same number of batches.
  [[nodiscard]] bool even() const { return options_.tokens == 0 || !changes(); }

  /// The examples of a batch; the span holds until another epoch is asked for.
  [[nodiscard]] std::span<const std::int64_t> batch(std::int64_t epoch, std::int64_t index) const;
  /// Of the batch that begins at `position`.
  [[nodiscard]] std::span<const std::int64_t> from(const DataPosition& position) const;

  /// The `count` examples with the most tokens.
  [[nodiscard]] std::vector<std::int64_t> longest(std::int64_t count) const;
  /// As many of the longest examples as fit into `tokens`, at least one: the worst case for memory of a batch that is
  /// filled by tokens.
  [[nodiscard]] std::vector<std::int64_t> fullest(std::int64_t tokens) const;

 private:
  /// Whether each epoch has an order of its own.
  [[nodiscard]] bool changes() const { return options_.shuffle || !options_.mix.empty(); }
  [[nodiscard]] std::int64_t lengthOf(std::int64_t example) const {
    return lengths_[static_cast<std::size_t>(example)] + options_.tokensBefore;
  }
  /// How many of `rest` are one batch.
  [[nodiscard]] std::int64_t sizeOf(std::span<const std::int64_t> rest) const;
  void divide(std::int64_t epoch) const;

  std::vector<std::int32_t> lengths_;
  BatchOptions options_;
  mutable std::vector<std::int64_t> order_;   ///< of the epoch asked for last
  mutable std::vector<std::int64_t> starts_;  ///< [batches + 1], places in `order_`; only where tokens fill batches
  mutable std::optional<std::int64_t> epoch_;
};

}  // namespace rosa::data
