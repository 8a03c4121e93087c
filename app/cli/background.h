// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "rosa/engine.h"
#include "rosa/runs.h"

namespace rosa::cli {

/// Follows a run, its past events first, until it has ended or somebody presses Ctrl-C. Returns the exit code: done
/// where it finished, or was left while it went on.
int followRun(Runs& runs, const std::filesystem::path& folder, EventSink& sink, bool withPast);

/// Waits until a run that was put into the queue has begun, waits for its turn, or was refused; says which, and returns
/// the exit code. A fresh run that was refused leaves nothing behind.
int waitForBegin(Engine& engine, Runs& runs, const std::filesystem::path& folder, bool fresh);

}  // namespace rosa::cli
