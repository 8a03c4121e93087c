// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/classification.h"

#include <cassert>
#include <cmath>
#include <limits>
#include <map>

namespace rosa::metrics {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

struct ClassCounts {
  std::int64_t truths = 0;
  std::int64_t predictions = 0;
  std::int64_t hits = 0;
  [[nodiscard]] double f1() const {
    return truths + predictions == 0 ? 0.0
                                     : 2.0 * static_cast<double>(hits) / static_cast<double>(truths + predictions);
  }
};

std::map<std::int64_t, ClassCounts> countClasses(std::span<const std::int64_t> truth,
                                                 std::span<const std::int64_t> predicted) {
  assert(truth.size() == predicted.size());
  std::map<std::int64_t, ClassCounts> counts;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    ++counts[truth[i]].truths;
    ++counts[predicted[i]].predictions;
    if (truth[i] == predicted[i]) ++counts[truth[i]].hits;
  }
  return counts;
}

}  // namespace

double accuracy(std::span<const std::int64_t> truth, std::span<const std::int64_t> predicted) {
  assert(truth.size() == predicted.size());
  if (truth.empty()) return kNoValue;
  std::size_t hits = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) hits += truth[i] == predicted[i] ? 1 : 0;
  return static_cast<double>(hits) / static_cast<double>(truth.size());
}

double f1(std::span<const std::int64_t> truth, std::span<const std::int64_t> predicted, std::int64_t positive) {
  if (truth.empty()) return kNoValue;
  return countClasses(truth, predicted)[positive].f1();
}

double f1Macro(std::span<const std::int64_t> truth, std::span<const std::int64_t> predicted) {
  if (truth.empty()) return kNoValue;
  const auto counts = countClasses(truth, predicted);
  double sum = 0;
  for (const auto& [label, count] : counts) sum += count.f1();
  return sum / static_cast<double>(counts.size());
}

double matthews(std::span<const std::int64_t> truth, std::span<const std::int64_t> predicted) {
  if (truth.empty()) return kNoValue;
  const auto samples = static_cast<double>(truth.size());
  double hits = 0;
  double products = 0;  // sum over classes of truths * predictions
  double truthsSquared = 0;
  double predictionsSquared = 0;
  for (const auto& [label, count] : countClasses(truth, predicted)) {
    const auto truths = static_cast<double>(count.truths);
    const auto predictions = static_cast<double>(count.predictions);
    hits += static_cast<double>(count.hits);
    products += truths * predictions;
    truthsSquared += truths * truths;
    predictionsSquared += predictions * predictions;
  }
  const double covariance = hits * samples - products;
  const double variances = (samples * samples - truthsSquared) * (samples * samples - predictionsSquared);
  return variances == 0 ? 0.0 : covariance / std::sqrt(variances);
}

}  // namespace rosa::metrics
