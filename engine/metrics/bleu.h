// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>

#include "metrics/text_segment.h"

namespace rosa::metrics {

/// BLEU of a whole corpus with n-grams up to 4 (Papineni et al. 2002), in 0..1, as NIST's mteval-v13a computes it: an
/// n-gram counts at most as often as in the reference that holds it most often; the brevity penalty takes each
/// segment's closest reference length (of two equally close ones the shorter); an order without any match counts as
/// 1/2 match, the next as 1/4, and so on. Words are to come from mtevalWords. NaN without segments.
[[nodiscard]] double bleu(std::span<const TextSegment> segments);

}  // namespace rosa::metrics
