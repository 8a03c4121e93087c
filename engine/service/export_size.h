// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rosa/expected.h"
#include "rosa/services.h"

namespace rosa::service {

/// What an export of a run will take, from the shapes of its base model; reads no weight.
[[nodiscard]] Expected<ExportSize> exportSize(const ExportRequest& request);

}  // namespace rosa::service
