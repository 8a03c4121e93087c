// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/order.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "data/split_mix.h"

namespace rosa::data {

std::vector<std::int64_t> shuffledOrder(std::int64_t count, std::int64_t seed, std::int64_t epoch) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  SplitMix random(hashOf(seed, epoch));
  for (std::size_t left = order.size(); left > 1; --left) std::swap(order[left - 1], order[random.below(left)]);
  return order;
}

std::int64_t heldOutCount(std::int64_t count, double fraction) {
  if (fraction <= 0 || count < 2) return 0;
  const auto wanted = static_cast<std::int64_t>(std::llround(fraction * static_cast<double>(count)));
  return std::clamp<std::int64_t>(wanted, 1, count - 1);
}

std::vector<std::int64_t> heldOutRows(std::int64_t count, double fraction, std::int64_t seed) {
  const auto held = static_cast<std::size_t>(heldOutCount(count, fraction));
  if (held == 0) return {};
  std::vector<std::pair<std::uint64_t, std::int64_t>> hashed;
  hashed.reserve(static_cast<std::size_t>(count));
  for (std::int64_t row = 0; row < count; ++row) hashed.emplace_back(hashOf(seed, row), row);
  std::ranges::nth_element(hashed, hashed.begin() + static_cast<std::ptrdiff_t>(held));
  std::vector<std::int64_t> rows;
  rows.reserve(held);
  for (std::size_t i = 0; i < held; ++i) rows.push_back(hashed[i].second);
  std::ranges::sort(rows);
  return rows;
}

}  // namespace rosa::data
