// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "experiment/experiment_folder.h"
#include "experiment/parts.h"
#include "rosa/experiment.h"

/// The tables of the experiment nlu.
namespace rosa::experiment {

[[nodiscard]] std::string nluPart(const std::string& task, const std::string& method, std::int64_t seed);

/// README.md and results.csv from the parts that there are.
[[nodiscard]] Status writeNluPage(const ExperimentFolder& folder, const NluRequest& request,
                                  const PartResults& results);

}  // namespace rosa::experiment
