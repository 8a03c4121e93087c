// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/rouge_l.h"

#include <algorithm>
#include <limits>

namespace rosa::metrics {
namespace {

constexpr double kBetaSquared = 1.2 * 1.2;

std::size_t longestCommonSubsequence(const Words& a, const Words& b) {
  std::vector<std::size_t> lengths(b.size() + 1, 0);
  for (const auto& word : a) {
    std::size_t diagonal = 0;  // of the row above, one to the left
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = lengths[j + 1];
      lengths[j + 1] = word == b[j] ? diagonal + 1 : std::max(above, lengths[j]);
      diagonal = above;
    }
  }
  return lengths.back();
}

double segmentScore(const TextSegment& segment) {
  double precision = 0;
  double recall = 0;
  for (const auto& reference : segment.references) {
    const auto common = static_cast<double>(longestCommonSubsequence(segment.hypothesis, reference));
    if (common == 0) continue;
    precision = std::max(precision, common / static_cast<double>(segment.hypothesis.size()));
    recall = std::max(recall, common / static_cast<double>(reference.size()));
  }
  return recall == 0 ? 0 : (1 + kBetaSquared) * precision * recall / (recall + kBetaSquared * precision);
}

}  // namespace

double rougeL(std::span<const TextSegment> segments) {
  if (segments.empty()) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (const auto& segment : segments) sum += segmentScore(segment);
  return sum / static_cast<double>(segments.size());
}

}  // namespace rosa::metrics
