// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "config/fields.h"
#include "config/problems.h"

/// Which settings a run reads: the one table that the form, the check and the sentences about idle settings share.
namespace rosa::config {

/// Adds a problem for each setting that differs from its default, that this run does not read, and that whoever wrote
/// it relies on: going on without a word would train something else than was meant.
void checkEffects(const RunConfig& config, Problems& problems);

}  // namespace rosa::config
