// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "rosa/expected.h"
#include "rosa/runs.h"
#include "store/run_folder.h"

namespace rosa::host {

/// Attaches to a run through its folder: reads what it has told, then follows what it writes until nobody holds its
/// lock any more. Looks 30 times a second.
[[nodiscard]] Expected<Attached> followFolder(const store::RunFolder& folder, EventSink& sink);

}  // namespace rosa::host
