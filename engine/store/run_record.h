// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rosa/catalogue.h"
#include "rosa/expected.h"
#include "store/run_folder.h"

namespace rosa::store {

/// What lists show of a run, from its folder alone. A config.yaml with mistakes in it gives what can be read of it; an
/// error means that a file cannot be read at all.
[[nodiscard]] Expected<RunRecord> readRunRecord(const RunFolder& folder);

}  // namespace rosa::store
