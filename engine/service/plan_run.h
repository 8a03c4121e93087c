// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rosa/config.h"
#include "rosa/estimate.h"

namespace rosa::service {

/// What a configuration will do, from the shapes of the model and the first rows of the data; reads no weight.
[[nodiscard]] RunPlan planRun(const RunConfig& config);

}  // namespace rosa::service
