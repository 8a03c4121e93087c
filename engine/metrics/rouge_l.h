// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>

#include "metrics/text_segment.h"

namespace rosa::metrics {

/// ROUGE-L (Lin 2004), the mean over segments in 0..1, as the COCO caption scripts compute it: from the longest common
/// subsequence with each reference come a precision and a recall, the best of each (perhaps from different references)
/// make an F measure with beta = 1.2. Words are to come from ptbWords. NaN without segments.
[[nodiscard]] double rougeL(std::span<const TextSegment> segments);

}  // namespace rosa::metrics
