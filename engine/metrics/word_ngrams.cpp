// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/word_ngrams.h"

#include <algorithm>

namespace rosa::metrics {

NgramCounts countNgrams(const Words& words, std::size_t order) {
  NgramCounts counts;
  for (std::size_t begin = 0; begin + order <= words.size(); ++begin) {
    std::string key = words[begin];
    for (std::size_t i = 1; i < order; ++i) (key += ' ') += words[begin + i];
    ++counts[key];
  }
  return counts;
}

std::int64_t ngramTotal(const Words& words, std::size_t order) {
  return words.size() < order ? 0 : static_cast<std::int64_t>(words.size() - order + 1);
}

NgramCounts mostInAnyReference(const std::vector<Words>& references, std::size_t order) {
  NgramCounts most;
  for (const auto& reference : references) {
    for (const auto& [ngram, count] : countNgrams(reference, order)) {
      auto& largest = most[ngram];
      largest = std::max(largest, count);
    }
  }
  return most;
}

}  // namespace rosa::metrics
