// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rosa/config.h"
#include "rosa/expected.h"

/// Several runs from one configuration: every combination of some settings' values, or some drawn at random.
namespace rosa {

/// The values that one setting takes.
struct SweepAxis {
  std::string key;
  std::vector<std::string> values;  ///< as on the command line; empty for a range
  double least = 0, most = 0;       ///< of a range: both ends belong to it
  bool whole = false;               ///< of a range: whole numbers only
};

/// "lr=1e-4,3e-4,1e-3", "seed=1..5" or, for random draws, "lr=1e-5..1e-3". An unknown key names the nearest one.
[[nodiscard]] Expected<SweepAxis> parseSweepAxis(std::string_view text);

struct SweptRun {
  RunConfig config;   ///< its name is the base's with the swept values behind it
  std::string label;  ///< "lr 0.001, rank 8"
  std::vector<ConfigProblem> problems;
};

inline constexpr std::int64_t kMostSweptRuns = 1000;

/// Every combination, the last axis changing fastest; a range of whole numbers is all of them.
[[nodiscard]] Expected<std::vector<SweptRun>> gridSweep(const RunConfig& base, const std::vector<SweepAxis>& axes);

/// `count` draws that follow from `seed` alone: of listed values each is as likely, of a range that spans a factor of
/// ten or more each order of magnitude, of a narrower one each number.
[[nodiscard]] Expected<std::vector<SweptRun>> randomSweep(const RunConfig& base, const std::vector<SweepAxis>& axes,
                                                          std::int64_t count, std::uint64_t seed);

}  // namespace rosa
