// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "rosa/config.h"

/// What settings come to in steps and directions once the size of the data and of a layer is known: the same arithmetic
/// for a run, its plan, and a window that does not wait for the plan. Pure functions, bodies in config/resolve.cpp;
/// configurations are taken to have passed `checkConfig`.
namespace rosa::config {

/// Passes over the data when neither epochs nor steps are set.
inline constexpr double kDefaultEpochs = 3;

/// Optimizer steps of the whole run, at least 1. A part of a step at the end counts as one.
[[nodiscard]] std::int64_t resolveSteps(const RunConfig& config, std::int64_t stepsPerEpoch);

/// Optimizer steps between two events, to the nearest step and at least 1; 0 = never.
[[nodiscard]] std::int64_t intervalSteps(const Interval& interval, std::int64_t stepsPerEpoch);

/// The rank of one layer: the number itself (which may be too large for the layer), or max(floor(fraction * n), 1) of
/// its smaller side n.
[[nodiscard]] std::int64_t layerRank(const Rank& rank, std::int64_t smallerSide);

}  // namespace rosa::config
