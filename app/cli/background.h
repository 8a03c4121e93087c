// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "rosa/engine.h"
#include "rosa/runs.h"

namespace rosa::cli {

/// Follows a run, its past events first, until it has ended or somebody presses Ctrl-C. Returns the exit code: done
/// where it finished, or was left while it went on.
int followRun(Runs& runs, const std::filesystem::path& folder, EventSink& sink, bool withPast);

/// Of a run that was begun on another machine: in the background its folder alone, else all that comes of it.
int tellBegun(Runs& runs, const std::filesystem::path& folder, bool background, bool jsonLines, bool withPast);

/// Waits until a run that was put into the queue has begun, waits for its turn, or was refused; says which, and returns
/// the exit code. `resumedFrom` is what `newestOf` said of a run before it was resumed; without it the run is a fresh
/// one, which leaves nothing behind where it was refused.
int waitForBegin(Engine& engine, Runs& runs, const std::filesystem::path& folder,
                 std::optional<std::int64_t> resumedFrom = {});
/// Sequence of a run's newest event; 0 where it has none.
[[nodiscard]] std::int64_t newestOf(Runs& runs, const std::filesystem::path& folder);

}  // namespace rosa::cli
