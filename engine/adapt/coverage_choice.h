// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rosa/config.h"

namespace rosa::adapt {

/// What a layer's Coverage depends on.
struct CoveredLayer {
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t rank = 0;
  bool dense = false;  ///< W itself trains: nothing is drawn
};

struct CoverageChoice {
  std::vector<bool> measured;  ///< one a layer
  std::int64_t bytes = 0;      ///< that their bases take at the end of the run, in memory and in a checkpoint each
};

/// Coverage is told as a mean over layers, and a basis can grow as large as W: beyond this much in all, only some of
/// the layers keep one.
constexpr std::int64_t kMostCoverageBytes = std::int64_t{128} << 20;

/// The layers whose coverage is measured when each draws so many slices: all of them, or as many as fit, spread evenly
/// over the model; at least the smallest.
[[nodiscard]] CoverageChoice chooseCoverage(std::span<const CoveredLayer> layers, Factorise factorise,
                                            std::int64_t draws, std::int64_t mostBytes = kMostCoverageBytes);

}  // namespace rosa::adapt
