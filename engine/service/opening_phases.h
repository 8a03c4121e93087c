// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/examples.h"
#include "service/run_opening.h"

namespace rosa::service {

/// Tells `opening` once a second how far the reading of a run's data has come: "Cutting train.jsonl into tokens, 34 %".
/// Data that are read at once are not told of.
[[nodiscard]] data::Progress openingPhases(const Opening& opening);

}  // namespace rosa::service
