// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

#include "rosa/config.h"
#include "rosa/engine.h"
#include "rosa/expected.h"

namespace rosa::cli {

/// Weak scaling: the tokens a second of the configured processes with one thread each and `batch` examples for each,
/// over those of one process with one thread and `batch` examples, both trained as `rosa train` does. In turns, so that
/// what else the machine does falls on both; the medians of `rounds` turns.
[[nodiscard]] Expected<nlohmann::ordered_json> benchScale(Engine& engine, RunConfig config, std::int64_t untimedSteps,
                                                          std::int64_t rounds);

}  // namespace rosa::cli
