// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <initializer_list>

/// Random numbers that depend on their key alone and keep no state, so that a resumed run draws what the uninterrupted
/// one would have drawn, whatever the order of the layers. Pure functions for any thread.
namespace rosa::adapt {

/// Keeps draws for different purposes apart.
enum class RandomUse : std::uint64_t {
  Window = 1,
  LoraStart = 2,
  SliceSet = 3,
  Sweep = 4,
  WeightedSlice = 5,
  RandomDirections = 6,
  Bottleneck = 7,
  VirtualTokens = 8
};

namespace detail {
/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection that spreads every input bit over the output.
constexpr std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}
constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ULL;
}  // namespace detail

/// 64 random bits of the key (seed, use, first, second); `attempt` numbers further draws of the same key.
constexpr std::uint64_t counterRandom(std::uint64_t seed, RandomUse use, std::int64_t first, std::int64_t second,
                                      std::uint64_t attempt = 0) {
  std::uint64_t state = detail::mix(seed + detail::kGolden);
  for (const std::uint64_t part : {static_cast<std::uint64_t>(use), static_cast<std::uint64_t>(first),
                                   static_cast<std::uint64_t>(second), attempt}) {
    state = detail::mix((state ^ part) + detail::kGolden);
  }
  return state;
}

/// Uniform in 0..bound-1 without the bias of a bare remainder; bound > 0.
constexpr std::uint64_t counterRandomBelow(std::uint64_t bound, std::uint64_t seed, RandomUse use, std::int64_t first,
                                           std::int64_t second) {
  // The lowest (2^64 mod bound) values would make some results likelier; they are drawn again.
  const std::uint64_t lowest = (0 - bound) % bound;
  for (std::uint64_t attempt = 0;; ++attempt) {
    const std::uint64_t value = counterRandom(seed, use, first, second, attempt);
    if (value >= lowest) return value % bound;
  }
}

}  // namespace rosa::adapt
