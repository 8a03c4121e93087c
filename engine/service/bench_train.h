// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "rosa/config.h"
#include "rosa/expected.h"
#include "rosa/services.h"

namespace rosa::service {

/// Trains the configured steps without a run folder and times all but the first `untimedSteps`.
[[nodiscard]] Expected<BenchReport> benchTrain(const RunConfig& config, std::int64_t untimedSteps);

}  // namespace rosa::service
