// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rosa/config.h"
#include "rosa/expected.h"
#include "store/run_folder.h"

namespace rosa::service {

/// config.yaml of a run folder, every mistake in one error.
[[nodiscard]] Expected<RunConfig> readStoredConfig(const store::RunFolder& folder);

}  // namespace rosa::service
