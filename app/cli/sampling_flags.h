// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>

#include "rosa/generate.h"

namespace rosa::cli {

/// How a text is drawn and where it ends, as flags that generate and chat share; values not given stay.
void addSamplingFlags(CLI::App& command, GenerationSettings& settings);

/// Where it is computed, and how the model's matrices are kept there.
void addPlaceFlags(CLI::App& command, std::int64_t& threads, DeviceChoice& device, WeightType& weights);

}  // namespace rosa::cli
