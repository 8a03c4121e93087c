// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>

#include "metrics/text_segment.h"

namespace rosa::metrics {

/// CIDEr-D (Vedantam, Zitnick, Parikh 2015), the mean over segments in 0..10, as the COCO caption scripts compute it:
/// tf-idf vectors of n-grams up to 4, idf from the segments whose references hold the n-gram, clipped cosine with each
/// reference, a Gaussian (sigma 6) of the difference in length. A single segment scores 0: all its idf are 0. Words are
/// to come from ptbWords. NaN without segments.
[[nodiscard]] double cider(std::span<const TextSegment> segments);

}  // namespace rosa::metrics
