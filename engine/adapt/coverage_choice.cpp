// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/coverage_choice.h"

#include <algorithm>
#include <bit>
#include <cstddef>

namespace rosa::adapt {

namespace {

/// Of a basis in fp32 after so many draws; 0 where none is kept.
std::int64_t basisBytes(const CoveredLayer& layer, Factorise factorise, std::int64_t draws) {
  constexpr std::int64_t kFloat = 4;
  if (layer.dense || layer.rank == 0) return 0;
  const auto full = std::min(layer.in, layer.out);
  const auto space = factorise == Factorise::RandomAdd ? layer.out : full;
  const auto rows = draws >= full ? full : std::min(full, layer.rank * draws);
  return rows * space * kFloat;
}

/// 0, n/2, n/4, 3n/4, ...: wherever it ends, what was visited is spread evenly.
std::vector<std::size_t> spreadOrder(std::size_t count) {
  std::vector<std::size_t> order;
  for (auto step = std::bit_ceil(count); step > 0; step /= 2) {
    for (std::size_t i = 0; i < count; i += step) {
      if (std::ranges::find(order, i) == order.end()) order.push_back(i);
    }
  }
  return order;
}

}  // namespace

CoverageChoice chooseCoverage(std::span<const CoveredLayer> layers, Factorise factorise, std::int64_t draws,
                              std::int64_t mostBytes) {
  std::vector<std::int64_t> bytes;
  for (const auto& layer : layers) bytes.push_back(basisBytes(layer, factorise, draws));
  CoverageChoice choice{std::vector<bool>(layers.size()), 0};
  for (const auto i : spreadOrder(layers.size())) {
    if (bytes[i] == 0 || choice.bytes + bytes[i] > mostBytes) continue;
    choice.measured[i] = true;
    choice.bytes += bytes[i];
  }
  if (choice.bytes > 0) return choice;
  std::size_t smallest = layers.size();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] > 0 && (smallest == layers.size() || bytes[i] < bytes[smallest])) smallest = i;
  }
  if (smallest < layers.size()) {
    choice.measured[smallest] = true;
    choice.bytes = bytes[smallest];
  }
  return choice;
}

}  // namespace rosa::adapt
