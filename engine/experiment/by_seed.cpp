// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/by_seed.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "rosa/interval.h"

namespace rosa::experiment {

namespace {

std::string text(const metrics::Interval& interval, int digits) {
  if (interval.count == 0) return "";
  if (!std::isfinite(interval.half)) return fmt::format("{:.{}f} (one seed)", interval.mean, digits);
  return fmt::format("{:.{}f} ± {:.{}f}", interval.mean, digits, interval.half, digits);
}

}  // namespace

std::string meanText(const BySeed& values, int digits) {
  std::vector<double> all;
  for (const auto& [seed, value] : values) all.push_back(value);
  return text(metrics::meanInterval(all), digits);
}

std::string differenceText(const BySeed& left, const BySeed& right, int digits) {
  std::vector<double> ofLeft;
  std::vector<double> ofRight;
  for (const auto& [seed, value] : left) {
    const auto same = right.find(seed);
    if (same == right.end()) continue;
    ofLeft.push_back(value);
    ofRight.push_back(same->second);
  }
  return text(metrics::pairedInterval(ofLeft, ofRight), digits);
}

}  // namespace rosa::experiment
