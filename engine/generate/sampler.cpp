// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/sampler.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace rosa::generate {

std::int64_t likeliest(std::span<const float> scores) {
  return std::ranges::max_element(scores) - scores.begin();
}

Sampler::Sampler(std::uint64_t seed, std::uint64_t stream) {
  const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32U); };
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  std::seed_seq sequence{high(seed), low(seed), high(stream), low(stream)};
  bits_.seed(sequence);
}

std::int64_t Sampler::draw(std::span<const float> scores) {
  const double uniform = static_cast<double>(bits_() >> 11U) * 0x1p-53;  // in [0, 1)
  const float highest = *std::ranges::max_element(scores);
  std::vector<double> sums(scores.size());
  double sum = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) sums[i] = sum += std::exp(static_cast<double>(scores[i] - highest));
  const auto found = std::ranges::upper_bound(sums, uniform * sum);
  // Scores that are no numbers have no distribution.
  return found == sums.end() ? likeliest(scores) : found - sums.begin();
}

}  // namespace rosa::generate
