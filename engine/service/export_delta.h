// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rosa/expected.h"
#include "rosa/services.h"

namespace rosa::service {

/// Writes what makes the merged folder of a run or an adapter out of its base model. The folder is written, proven and
/// packed, and rebuilt from the file and the base alone, before the file takes its name; then it is removed.
[[nodiscard]] Expected<ExportReport> exportDelta(const ExportRequest& request);

}  // namespace rosa::service
