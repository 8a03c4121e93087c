// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "config/problems.h"
#include "rosa/config.h"

namespace rosa::config {

/// What contradicts itself among the settings of optimizer, schedule, regularisation and the choice of the best
/// weights.
void checkTraining(const RunConfig& config, Problems& problems);

}  // namespace rosa::config
