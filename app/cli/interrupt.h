// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rosa/run.h"

namespace rosa::cli {

/// Waits for the run to end. Ctrl-C (or SIGTERM) once finishes the step and saves, twice gives the step up, and if that
/// takes longer than two seconds the process ends at once: what is on disk is complete either way. False if the run was
/// given up.
[[nodiscard]] bool waitWithInterrupt(Run& run);

}  // namespace rosa::cli
