// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rosa/run.h"

namespace rosa::cli {

/// Waits for the run to end. Ctrl-C once finishes the step and saves, twice gives the step up, and if that takes longer
/// than two seconds the process ends at once: what is on disk is complete either way. SIGTERM and SIGHUP (the end of a
/// session, a terminal that closes) save too, however many come, unless the process was started to ignore SIGHUP. False
/// if the run was given up.
[[nodiscard]] bool waitWithInterrupt(Run& run);

/// For commands that are no run: the first Ctrl-C (or SIGTERM, SIGHUP) from now on makes `interrupted` true. A second
/// one ends the process, or changes nothing.
enum class SecondInterrupt { EndsProcess, IsIgnored };
void watchInterrupts(SecondInterrupt second);
[[nodiscard]] bool interrupted();
/// What was pressed counts no more; the next Ctrl-C is the first again. Does not forget that the process is to end.
void forgetInterrupts();

}  // namespace rosa::cli
