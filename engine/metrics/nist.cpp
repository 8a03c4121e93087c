// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/nist.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "metrics/word_ngrams.h"

namespace rosa::metrics {
namespace {

constexpr std::size_t kNistOrders = 5;

/// Counts of each order in all references together.
std::array<NgramCounts, kNistOrders> countReferences(std::span<const TextSegment> segments) {
  std::array<NgramCounts, kNistOrders> counts;
  for (const auto& segment : segments) {
    for (const auto& reference : segment.references) {
      for (std::size_t order = 1; order <= kNistOrders; ++order) {
        for (const auto& [ngram, count] : countNgrams(reference, order)) counts[order - 1][ngram] += count;
      }
    }
  }
  return counts;
}

/// 1 from the references' length on, 1/2 at two thirds of it.
double lengthPenalty(double ratio) {
  if (ratio >= 1) return 1;
  if (ratio <= 0) return 0;
  const double beta = -std::log(0.5) / (std::log(1.5) * std::log(1.5));
  return std::exp(-beta * std::log(ratio) * std::log(ratio));
}

}  // namespace

double nist(std::span<const TextSegment> segments) {
  if (segments.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto counts = countReferences(segments);
  double hypothesisWords = 0;
  double referenceWords = 0;
  double references = 0;
  for (const auto& segment : segments) {
    hypothesisWords += static_cast<double>(segment.hypothesis.size());
    references += static_cast<double>(segment.references.size());
    for (const auto& reference : segment.references) referenceWords += static_cast<double>(reference.size());
  }
  if (referenceWords == 0) return 0;

  double score = 0;
  for (std::size_t order = 1; order <= kNistOrders; ++order) {
    double information = 0;
    std::int64_t total = 0;
    for (const auto& segment : segments) {
      total += ngramTotal(segment.hypothesis, order);
      const auto most = mostInAnyReference(segment.references, order);
      for (const auto& [ngram, count] : countNgrams(segment.hypothesis, order)) {
        const auto found = most.find(ngram);
        if (found == most.end()) continue;
        const double whole = static_cast<double>(counts[order - 1].at(ngram));
        const double start = order == 1
                                 ? referenceWords
                                 : static_cast<double>(counts[order - 2].at(ngram.substr(0, ngram.find_last_of(' '))));
        information += std::log2(start / whole) * static_cast<double>(std::min(count, found->second));
      }
    }
    score += information / static_cast<double>(std::max<std::int64_t>(total, 1));
  }
  const double meanReferences = references / static_cast<double>(segments.size());
  return score * lengthPenalty(hypothesisWords / (referenceWords / meanReferences));
}

}  // namespace rosa::metrics
