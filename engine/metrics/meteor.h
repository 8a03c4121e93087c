// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "metrics/text_segment.h"

namespace rosa::metrics {

/// The meanings of a word as ascending numbers; words with a meaning in common are synonyms. Asked once for each word
/// of each text.
using Senses = std::function<const std::vector<std::int64_t>&(const std::string& word)>;

/// METEOR of a whole corpus for English, in 0..1, with the formula, parameters and search of METEOR 1.5 (Denkowski and
/// Lavie 2014; alpha 0.85, beta 0.2, gamma 0.6, delta 0.75): hypothesis and reference are aligned word by word, each
/// segment counts with its best reference, and the sums over all segments make the score. Words are to come from
/// ptbWords. NaN without segments.
///
/// METEOR 1.5 matches in four ways; here are exact words (weight 1) and equal stems (0.6), and, where the caller has a
/// dictionary, synonyms (0.8). Its table of paraphrases (0.6) is data of its own that is not used, and the words that
/// weigh little (function words) are closed-class words here, not its own list. On the E2E challenge's outputs the
/// score is therefore a little below the original's: tests/engine/metrics/text_scores_golden_test.cpp prints by how
/// much.
[[nodiscard]] double meteor(std::span<const TextSegment> segments, const Senses& senses = {});

}  // namespace rosa::metrics
