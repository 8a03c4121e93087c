// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace rosa::metrics {

/// Words of a text in their order; none of them is empty or holds white space.
using Words = std::vector<std::string>;

/// One generated text and the human ones it is measured against, at least one.
struct TextSegment {
  Words hypothesis;
  std::vector<Words> references;
};

}  // namespace rosa::metrics
