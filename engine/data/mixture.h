// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data/examples.h"
#include "rosa/config.h"
#include "rosa/expected.h"

/// Several training sets as one: each counts with a weight, how often an epoch shows each of its rows. What an epoch
/// shows follows from the seed and its number alone.
namespace rosa::data {

/// A set's stretch of all training examples.
struct MixedRange {
  std::int64_t first = 0, count = 0;
  double weight = 1;
};

/// How many rows of a set an epoch shows: each as often as the weight's whole part says, and of its fraction so many,
/// rounded.
[[nodiscard]] std::int64_t rowsPerEpoch(const MixedRange& set);
[[nodiscard]] std::int64_t rowsPerEpoch(std::span<const MixedRange> sets);

/// The rows of an epoch, set by set in their order: of a fraction other ones each epoch.
[[nodiscard]] std::vector<std::int64_t> rowsOfEpoch(std::span<const MixedRange> sets, std::int64_t seed,
                                                    std::int64_t epoch);

/// A training set before it is read.
struct TrainingSet {
  std::filesystem::path file;
  double weight = 1;
  ExampleSpec spec;
};

/// The run's training file at weight 1, then those of `mix`. `config` is settled by the first (settleShape); each of
/// the others is recognised by itself, or read in the same shape where it could be read in two, and is an error where
/// that makes another task of it. Says in `remarks` what was recognised.
[[nodiscard]] Expected<std::vector<TrainingSet>> trainingSets(const RunConfig& config,
                                                              const std::filesystem::path& first,
                                                              std::vector<std::string>& remarks);

/// "An epoch shows 12 rows: 8 of a.jsonl, 4 of b.jsonl (0.5 times its 8, drawn anew each time)." Empty for one set.
[[nodiscard]] std::string mixtureInWords(std::span<const TrainingSet> sets, std::span<const MixedRange> ranges);

}  // namespace rosa::data
