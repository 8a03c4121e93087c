// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rosa/config.h"
#include "rosa/resolve.h"

/// Settings turned into the numbers a run counts with; those that a window counts with too are in rosa/resolve.h. Pure
/// functions; configurations are taken to have passed `checkConfig`.
namespace rosa::config {

/// Steps until the peak learning rate, 0..totalSteps. A part of a step counts as one.
[[nodiscard]] std::int64_t warmupSteps(const Warmup& warmup, std::int64_t totalSteps);

/// Steps of warm-up after each resample, which come every `resampleEvery` steps (0 = by a plateau, or never): as set,
/// or 10, at most a quarter of the interval (resources/results/reading.md). None where nothing starts cold: staggered
/// layers, of which only few do at a time, moments that stay, and GaLore.
[[nodiscard]] std::int64_t rewarmSteps(const RunConfig& config, std::int64_t resampleEvery);

/// Why the run's weights must be kept in fp32 though they could be frozen in fewer digits: a sentence each with its
/// remedy, to follow "weights: "; none where bf16 will do.
[[nodiscard]] std::vector<std::string> reasonsForFp32(const RunConfig& config);

/// How many virtual tokens the method puts before every sequence: 0 for most.
[[nodiscard]] std::int64_t virtualTokens(const RunConfig& config);

/// One entry of `layer-rank`, "PATTERN=RANK".
struct LayerRank {
  std::string pattern;
  Rank rank;
};
[[nodiscard]] Expected<LayerRank> parseLayerRank(std::string_view text);

/// Slice starts by cycle and layer: "0,8;16,24" holds two cycles of two layers. Every cycle has as many layers as the
/// first. Empty text gives no cycles.
using SliceWindows = std::vector<std::vector<std::int64_t>>;
[[nodiscard]] Expected<SliceWindows> parseWindows(std::string_view text);

}  // namespace rosa::config
