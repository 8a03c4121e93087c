// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/bleu.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "metrics/word_ngrams.h"

namespace rosa::metrics {
namespace {

constexpr std::size_t kLongestNgram = 4;

std::int64_t closestLength(const TextSegment& segment) {
  const auto own = static_cast<std::int64_t>(segment.hypothesis.size());
  auto closest = static_cast<std::int64_t>(segment.references.front().size());
  for (const auto& reference : segment.references) {
    const auto length = static_cast<std::int64_t>(reference.size());
    const auto difference = std::abs(length - own) - std::abs(closest - own);
    if (difference < 0 || (difference == 0 && length < closest)) closest = length;
  }
  return closest;
}

}  // namespace

double bleu(std::span<const TextSegment> segments) {
  if (segments.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::array<std::int64_t, kLongestNgram> matches{};
  std::array<std::int64_t, kLongestNgram> totals{};
  std::int64_t referenceLength = 0;
  for (const auto& segment : segments) {
    referenceLength += closestLength(segment);
    for (std::size_t order = 1; order <= kLongestNgram; ++order) {
      totals[order - 1] += ngramTotal(segment.hypothesis, order);
      const auto most = mostInAnyReference(segment.references, order);
      for (const auto& [ngram, count] : countNgrams(segment.hypothesis, order)) {
        if (const auto found = most.find(ngram); found != most.end())
          matches[order - 1] += std::min(count, found->second);
      }
    }
  }
  if (totals[0] == 0) return 0;
  double logPrecisions = 0;
  double smoothing = 1;
  for (std::size_t i = 0; i < kLongestNgram; ++i) {
    if (totals[i] == 0) continue;
    const auto total = static_cast<double>(totals[i]);
    if (matches[i] == 0) smoothing *= 2;
    logPrecisions += std::log(matches[i] == 0 ? 1 / (smoothing * total) : static_cast<double>(matches[i]) / total);
  }
  const double shortness = 1 - static_cast<double>(referenceLength) / static_cast<double>(totals[0]);
  return std::exp(logPrecisions / kLongestNgram + std::min(0.0, shortness));
}

}  // namespace rosa::metrics
