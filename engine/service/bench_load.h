// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rosa/config.h"
#include "rosa/expected.h"
#include "rosa/services.h"

namespace rosa::service {

/// Opens model and data, draws the first slices where there are any, and takes one step.
[[nodiscard]] Expected<LoadReport> benchLoad(const RunConfig& config);

}  // namespace rosa::service
