// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "rosa/config.h"
#include "rosa/events.h"
#include "rosa/expected.h"

namespace rosa::train {

/// How a step is taken: the same examples in as many or more micro-batches, blocks recomputed or not.
struct MemoryFit {
  std::int64_t batch = 1;  ///< examples in a micro-batch; where batches are filled by tokens, tokens
  std::int64_t accumulate = 1;
  bool recomputes = false;  ///< gradient checkpointing
  MemoryParts parts;        ///< what is expected then
};

/// What a run is expected to take with micro-batches of so many examples, or tokens where these fill them, with or
/// without gradient checkpointing.
using MemoryEstimate = std::function<MemoryParts(std::int64_t batch, bool recomputes)>;

/// Tokens of the largest micro-batch of so many examples, or tokens where these fill it: a text that is longer is one
/// of its own. `longest`: tokens of the longest text.
[[nodiscard]] std::int64_t tokensOfBatch(const RunConfig& config, std::int64_t size, std::int64_t longest);

/// The largest micro-batch that fits into the configured memory and divides the configured one (halves of it, where
/// tokens fill it, and a step's batches stay as many), with gradient
/// checkpointing only where nothing fits without: computing every block twice costs a third of a step's time. As
/// configured where no memory is given. An error says the least memory that would do.
[[nodiscard]] Expected<MemoryFit> fitMemory(const RunConfig& config, const MemoryEstimate& estimate);

/// What a fit changes of the configuration, as a sentence; empty where it changes nothing.
[[nodiscard]] std::string fitInWords(const RunConfig& config, const MemoryFit& fit);

}  // namespace rosa::train
