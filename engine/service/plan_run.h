// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

#include "rosa/config.h"
#include "rosa/estimate.h"

namespace rosa::service {

class FactsCache;

/// What a configuration will do, from the shapes of the model and all rows of the data; reads no weight. Where `giveUp`
/// returns true, the plan ends early and says nothing of use.
[[nodiscard]] RunPlan planRun(const RunConfig& config, FactsCache& facts, const std::function<bool()>& giveUp);

}  // namespace rosa::service
