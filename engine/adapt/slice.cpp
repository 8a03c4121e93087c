// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/slice.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "adapt/counter_random.h"

namespace rosa::adapt {

Expected<std::int64_t> rankOf(const Rank& rank, std::int64_t in, std::int64_t out, std::string_view layer) {
  const std::int64_t smallerSide = std::min(in, out);
  if (const auto* fraction = std::get_if<double>(&rank.value)) {
    const auto part = static_cast<std::int64_t>(std::floor(*fraction * static_cast<double>(smallerSide)));
    return std::clamp<std::int64_t>(part, 1, smallerSide);
  }
  const std::int64_t number = std::get<std::int64_t>(rank.value);
  if (number < 1 || number > smallerSide) {
    return Error{"rank: " + std::to_string(number) + " does not fit layer " + std::string(layer) + " (" +
                 std::to_string(in) + " x " + std::to_string(out) + "). Choose 1 to " + std::to_string(smallerSide) +
                 ", or leave this layer out with --layers."};
  }
  return number;
}

Slice drawSlice(std::uint64_t seed, std::int64_t cycle, std::int64_t layerIndex, std::int64_t count,
                std::int64_t directions) {
  const auto starts = static_cast<std::uint64_t>(directions - count + 1);
  const auto start = counterRandomBelow(starts, seed, RandomUse::Window, cycle, layerIndex);
  return {static_cast<std::int64_t>(start), count, directions};
}

Expected<Slice> sliceAt(std::int64_t start, std::int64_t count, std::int64_t directions, std::string_view layer) {
  const std::int64_t largest = directions - count;
  if (start < 0 || start > largest) {
    return Error{"windows: start " + std::to_string(start) + " lies outside layer " + std::string(layer) + ", whose " +
                 std::to_string(directions) + " directions allow 0 to " + std::to_string(largest) + " at rank " +
                 std::to_string(count) + "."};
  }
  return Slice{start, count, directions};
}

}  // namespace rosa::adapt
