// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

/// Random numbers that follow from their start alone (SplitMix64; Steele, Lea, Flood 2014).
namespace rosa::data {

inline constexpr std::uint64_t kGoldenGamma = 0x9E3779B97F4A7C15;

/// SplitMix64's finaliser: a bijection in which every input bit reaches every output bit.
[[nodiscard]] constexpr std::uint64_t scramble(std::uint64_t bits) {
  bits = (bits ^ (bits >> 30U)) * 0xBF58476D1CE4E5B9;
  bits = (bits ^ (bits >> 27U)) * 0x94D049BB133111EB;
  return bits ^ (bits >> 31U);
}

/// A start that differs for every pair; adding the two would give (1, 2) the numbers of (2, 1).
[[nodiscard]] constexpr std::uint64_t hashOf(std::int64_t first, std::int64_t second) {
  return scramble(scramble(static_cast<std::uint64_t>(first) + kGoldenGamma) + static_cast<std::uint64_t>(second));
}

class SplitMix {
 public:
  explicit SplitMix(std::uint64_t start) : state_(start) {}

  /// Uniform in 0..bound-1: draws from the incomplete last stretch of multiples of bound are thrown away.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t incomplete = (0 - bound) % bound;  // 2^64 mod bound
    std::uint64_t drawn = next();
    while (drawn < incomplete) drawn = next();
    return drawn % bound;
  }

  /// Uniform in [0, 1), a multiple of 2^-53.
  double share() { return static_cast<double>(next() >> 11U) * 0x1p-53; }

 private:
  std::uint64_t next() { return scramble(state_ += kGoldenGamma); }
  std::uint64_t state_;
};

}  // namespace rosa::data
