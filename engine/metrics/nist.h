// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>

#include "metrics/text_segment.h"

namespace rosa::metrics {

/// NIST of a whole corpus with n-grams up to 5 (Doddington 2002), from 0 with no upper end, as mteval-v13a computes it:
/// a matching n-gram weighs log2(count of its first n - 1 words / count of all n) in all references together, and the
/// length penalty compares the hypotheses with the mean length over all references times the number of segments. Words
/// are to come from mtevalWords. NaN without segments.
[[nodiscard]] double nist(std::span<const TextSegment> segments);

}  // namespace rosa::metrics
