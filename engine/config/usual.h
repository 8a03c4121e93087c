// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "rosa/config.h"
#include "rosa/estimate.h"

namespace rosa::config {

/// What the usual values of a run follow from, beside its method.
struct UsualFacts {
  bool decoder = true;
  std::int64_t parameters = 0;
  std::int64_t positions = 0;                    ///< the longest text that the model reads, in tokens
  std::function<bool(std::int64_t batch)> fits;  ///< whether the machine has the memory; empty = it has
};

/// Learning rate, batch and longest text, in this order, each with where the number is from: the nearest recipe that is
/// known for a model of this kind and size. What a configuration says of them does not matter.
[[nodiscard]] std::vector<UsualSetting> usualSettings(Method method, const UsualFacts& facts);

}  // namespace rosa::config
