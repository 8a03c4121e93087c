// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "rosa/expected.h"
#include "rosa/runs.h"
#include "store/run_folder.h"

namespace rosa::host {

/// Attaches to a run through its folder: reads what it has told after a sequence, then follows what it writes for as
/// long as `goesOn`, which is asked from another thread. Looks 30 times a second.
[[nodiscard]] Expected<Attached> followFolder(const store::RunFolder& folder, std::int64_t from, EventSink& sink,
                                              std::function<bool()> goesOn);
/// Until nobody holds its lock any more.
[[nodiscard]] Expected<Attached> followFolder(const store::RunFolder& folder, std::int64_t from, EventSink& sink);

}  // namespace rosa::host
