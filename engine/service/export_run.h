// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rosa/expected.h"
#include "rosa/services.h"

namespace rosa::service {

/// Writes the model that a run's checkpoint amounts to as a Hugging Face folder, reloads it from disk and compares its
/// logits with the live model's before the folder takes its name.
[[nodiscard]] Expected<ExportReport> exportRun(const ExportRequest& request);

/// The same of a merged model or an adapter, without an entry in the run's events.
[[nodiscard]] Expected<ExportReport> writeExport(const ExportRequest& request);

/// The folder of the model that a run or an adapter builds on.
[[nodiscard]] Expected<std::filesystem::path> baseModelOf(const ExportRequest& request);

}  // namespace rosa::service
