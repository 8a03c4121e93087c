// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "rosa/expected.h"
#include "rosa/runs.h"
#include "store/run_folder.h"

namespace rosa::host {

/// Makes experiment.json of the folder. A report without a place goes into the folder.
[[nodiscard]] Status writeExperiment(const store::RunFolder& folder, const ExperimentOrder& order);

/// Nothing in the folder of a run.
[[nodiscard]] Expected<std::optional<ExperimentOrder>> readExperiment(const store::RunFolder& folder);

}  // namespace rosa::host
