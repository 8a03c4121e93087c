// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "rosa/config.h"
#include "rosa/expected.h"
#include "rosa/services.h"

namespace rosa::service {

/// Draws all slices, then takes a step and resamples all layers as often as `times` says.
[[nodiscard]] Expected<ResampleReport> benchResample(const RunConfig& config, std::int64_t times);

}  // namespace rosa::service
