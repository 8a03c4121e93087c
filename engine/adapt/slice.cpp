// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/slice.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "adapt/counter_random.h"

namespace rosa::adapt {

namespace {

Slice sliceOf(std::vector<std::int64_t> indices, std::int64_t directions) {
  std::ranges::sort(indices);
  Slice slice{indices.front(), static_cast<std::int64_t>(indices.size()), directions};
  const bool window = indices.back() - indices.front() + 1 == slice.count;
  if (!window) slice.indices = std::move(indices);
  return slice;
}

/// 0..n-1 in an order that follows from the key alone (Fisher and Yates).
std::vector<std::int64_t> shuffled(std::int64_t n, const SliceKey& key, RandomUse use) {
  const auto seed = counterRandom(key.seed, use, key.cycle, key.layerIndex);
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[counterRandomBelow(i, seed, use, static_cast<std::int64_t>(i), 0)]);
  }
  return order;
}

/// The `count` indices of the smallest keys; of equal ones the first.
Slice smallestKeys(std::int64_t count, const std::vector<double>& keys) {
  std::vector<std::int64_t> order(keys.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::int64_t i) { return keys[static_cast<std::size_t>(i)]; });
  const auto directions = static_cast<std::int64_t>(order.size());
  order.resize(static_cast<std::size_t>(count));
  return sliceOf(std::move(order), directions);
}

}  // namespace

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

Slice drawSet(const SliceKey& key, std::int64_t count, std::int64_t directions) {
  auto order = shuffled(directions, key, RandomUse::SliceSet);
  order.resize(static_cast<std::size_t>(count));
  return sliceOf(std::move(order), directions);
}

std::int64_t sweepLength(std::int64_t count, std::int64_t directions) {
  return (directions + count - 1) / count;
}

bool sweepBegins(std::int64_t cycle, std::int64_t count, std::int64_t directions) {
  return cycle % sweepLength(count, directions) == 0;
}

Slice sweepSlice(const SliceKey& key, std::int64_t count, std::int64_t directions) {
  const auto length = sweepLength(count, directions);
  const auto order = shuffled(directions, {key.seed, key.cycle / length, key.layerIndex}, RandomUse::Sweep);
  const auto first = key.cycle % length * count;
  std::vector<std::int64_t> piece;
  for (auto i = first; i < first + count; ++i) piece.push_back(order[static_cast<std::size_t>(i % directions)]);
  return sliceOf(std::move(piece), directions);
}

Slice drawWeighted(const SliceKey& key, std::int64_t count, std::span<const double> weights) {
  // Exponential waiting times of rate w: the order in which they end is that of drawing without replacement
  // (Efraimidis, Spirakis 2006).
  std::vector<double> times;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto bits = counterRandom(key.seed, RandomUse::WeightedSlice, key.cycle, key.layerIndex, i);
    const double uniform = (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53;
    times.push_back(weights[i] > 0 ? -std::log(uniform) / weights[i] : std::numeric_limits<double>::infinity());
  }
  return smallestKeys(count, times);
}

Slice largestScores(std::int64_t count, std::span<const double> scores) {
  std::vector<double> keys;
  for (const double score : scores) keys.push_back(-score);
  return smallestKeys(count, keys);
}

std::vector<std::int64_t> indicesOf(const Slice& slice) {
  if (!slice.indices.empty()) return slice.indices;
  std::vector<std::int64_t> indices(static_cast<std::size_t>(slice.count));
  std::iota(indices.begin(), indices.end(), slice.start);
  return indices;
}

std::vector<Slice> windowsOf(const Slice& slice) {
  std::vector<Slice> windows;
  if (!slice.indexed) return windows;
  for (const auto index : indicesOf(slice)) {
    if (!windows.empty() && index == windows.back().start + windows.back().count) {
      ++windows.back().count;
    } else {
      windows.push_back({index, 1, slice.directions});
    }
  }
  return windows;
}

}  // namespace rosa::adapt
