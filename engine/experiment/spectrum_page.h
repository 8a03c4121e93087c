// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "experiment/experiment_folder.h"
#include "experiment/parts.h"
#include "rosa/experiment.h"

namespace rosa::experiment {

/// README.md, spectrum.csv and moves.csv, and for each shown layer spectrum-LAYER.svg and moves-LAYER.svg, from the
/// methods that are there.
[[nodiscard]] Status writeSpectrumPage(const ExperimentFolder& folder, const SpectrumRequest& request,
                                       const PartResults& results);

}  // namespace rosa::experiment
