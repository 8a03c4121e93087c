// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/cider.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_map>

#include "metrics/word_ngrams.h"

namespace rosa::metrics {
namespace {

constexpr std::size_t kCiderOrders = 4;
constexpr double kSigma = 6;

using Weights = std::unordered_map<std::string, double>;

/// A text as tf-idf weights of its n-grams, one vector for each order.
struct WeightedText {
  std::array<Weights, kCiderOrders> weights;
  std::array<double, kCiderOrders> norms{};
  double length = 0;  ///< in bigrams, as the scripts have it
};

/// How many segments hold each n-gram in any of their references.
std::array<NgramCounts, kCiderOrders> segmentFrequencies(std::span<const TextSegment> segments) {
  std::array<NgramCounts, kCiderOrders> frequencies;
  for (const auto& segment : segments) {
    for (std::size_t order = 1; order <= kCiderOrders; ++order) {
      for (const auto& [ngram, count] : mostInAnyReference(segment.references, order)) ++frequencies[order - 1][ngram];
    }
  }
  return frequencies;
}

WeightedText weigh(const Words& words, const std::array<NgramCounts, kCiderOrders>& frequencies, double segments) {
  WeightedText text;
  text.length = static_cast<double>(ngramTotal(words, 2));
  for (std::size_t i = 0; i < kCiderOrders; ++i) {
    double squares = 0;
    for (const auto& [ngram, count] : countNgrams(words, i + 1)) {
      const auto found = frequencies[i].find(ngram);
      const double frequency = found == frequencies[i].end() ? 1 : static_cast<double>(found->second);
      const double weight = static_cast<double>(count) * std::log(segments / frequency);
      text.weights[i][ngram] = weight;
      squares += weight * weight;
    }
    text.norms[i] = std::sqrt(squares);
  }
  return text;
}

/// Sum over the orders.
double similarity(const WeightedText& hypothesis, const WeightedText& reference) {
  double sum = 0;
  for (std::size_t i = 0; i < kCiderOrders; ++i) {
    if (hypothesis.norms[i] == 0 || reference.norms[i] == 0) continue;
    double product = 0;
    for (const auto& [ngram, weight] : hypothesis.weights[i]) {
      const auto found = reference.weights[i].find(ngram);
      if (found != reference.weights[i].end()) product += std::min(weight, found->second) * found->second;
    }
    sum += product / (hypothesis.norms[i] * reference.norms[i]);
  }
  const double difference = hypothesis.length - reference.length;
  return sum * std::exp(-difference * difference / (2 * kSigma * kSigma));
}

}  // namespace

double cider(std::span<const TextSegment> segments) {
  if (segments.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto frequencies = segmentFrequencies(segments);
  const auto count = static_cast<double>(segments.size());
  double sum = 0;
  for (const auto& segment : segments) {
    const auto hypothesis = weigh(segment.hypothesis, frequencies, count);
    double similarities = 0;
    for (const auto& reference : segment.references)
      similarities += similarity(hypothesis, weigh(reference, frequencies, count));
    sum += similarities / static_cast<double>(kCiderOrders * segment.references.size());
  }
  return 10 * sum / count;
}

}  // namespace rosa::metrics
