// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/correlation.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

namespace rosa::metrics {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

bool isConstant(std::span<const double> numbers) {
  return std::ranges::all_of(numbers, [&](double number) { return number == numbers.front(); });
}

bool hasNan(std::span<const double> numbers) {
  return std::ranges::any_of(numbers, [](double number) { return std::isnan(number); });
}

/// Deviations from the mean, as a vector of length 1. Divided by the largest first, so that squares cannot underflow.
std::vector<double> unitDeviations(std::span<const double> numbers) {
  const double mean = std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
  std::vector<double> deviations(numbers.begin(), numbers.end());
  double largest = 0;
  for (double& deviation : deviations) {
    deviation -= mean;
    largest = std::max(largest, std::abs(deviation));
  }
  double squares = 0;
  for (double& deviation : deviations) {
    deviation /= largest;
    squares += deviation * deviation;
  }
  for (double& deviation : deviations) deviation /= std::sqrt(squares);
  return deviations;
}

}  // namespace

double pearson(std::span<const double> x, std::span<const double> y) {
  assert(x.size() == y.size());
  if (x.size() < 2 || isConstant(x) || isConstant(y)) return kUndefined;
  const auto dx = unitDeviations(x);
  const auto dy = unitDeviations(y);
  const double r = std::inner_product(dx.begin(), dx.end(), dy.begin(), 0.0);
  return std::clamp(r, -1.0, 1.0);
}

double spearman(std::span<const double> x, std::span<const double> y) {
  if (hasNan(x) || hasNan(y)) return kUndefined;
  return pearson(averageRanks(x), averageRanks(y));
}

std::vector<double> averageRanks(std::span<const double> numbers) {
  std::vector<std::size_t> order(numbers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return numbers[a] < numbers[b]; });
  std::vector<double> ranks(numbers.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    while (end < order.size() && numbers[order[end]] == numbers[order[begin]]) ++end;
    const double shared = static_cast<double>(begin + 1 + end) / 2;
    for (; begin < end; ++begin) ranks[order[begin]] = shared;
  }
  return ranks;
}

}  // namespace rosa::metrics
