// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <random>
#include <span>

namespace rosa::generate {

/// The highest score's token, the first of several.
[[nodiscard]] std::int64_t likeliest(std::span<const float> scores);

/// Draws tokens from the softmax of scores, by inversion of its distribution. The same (seed, stream) draws the same
/// from the same scores everywhere: nothing of it is left to the standard library's implementation.
class Sampler {
 public:
  /// Continuations of one prompt have a stream each, counted from 0; so a prompt's text is the same whatever else is
  /// generated beside it.
  Sampler(std::uint64_t seed, std::uint64_t stream);

  [[nodiscard]] std::int64_t draw(std::span<const float> scores);

 private:
  std::mt19937_64 bits_;
};

}  // namespace rosa::generate
