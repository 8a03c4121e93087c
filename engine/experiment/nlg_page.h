// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "experiment/experiment_folder.h"
#include "experiment/parts.h"
#include "rosa/experiment.h"

/// The tables and the plot of the E2E experiment.
namespace rosa::experiment {

[[nodiscard]] std::string nlgPart(const std::string& method, std::int64_t seed);

/// README.md, results.csv and loss.svg from the parts that there are. `decodedPrompts` may be 0.
[[nodiscard]] Status writeNlgPage(const ExperimentFolder& folder, const NlgRequest& request, std::size_t decodedPrompts,
                                  const PartResults& results);

}  // namespace rosa::experiment
