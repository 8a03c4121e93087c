// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "metrics/text_segment.h"

namespace rosa::metrics {

/// How often each sequence of `order` words occurs; the key is the words with a blank between them.
using NgramCounts = std::unordered_map<std::string, std::int64_t>;
[[nodiscard]] NgramCounts countNgrams(const Words& words, std::size_t order);

/// How many sequences of `order` words a text of so many words has.
[[nodiscard]] std::int64_t ngramTotal(const Words& words, std::size_t order);

/// For each sequence that a hypothesis may contain, the most often it occurs in any one reference.
[[nodiscard]] NgramCounts mostInAnyReference(const std::vector<Words>& references, std::size_t order);

}  // namespace rosa::metrics
