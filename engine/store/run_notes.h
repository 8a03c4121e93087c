// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rosa/catalogue.h"
#include "rosa/expected.h"
#include "store/run_folder.h"

/// What a person says about a run: notes.json in its folder, {"tags": [...], "note": "..."}. It is no part of what the
/// run's process writes, and may change while that trains.
namespace rosa::store {

/// None where there is no such file. An error names the file and what is wrong with it.
[[nodiscard]] Expected<RunNotes> readRunNotes(const RunFolder& folder);

/// Replaces the file; what else stands in it stays. Refuses a tag or a note that could not be shown or found again, and
/// a file that holds something else: nothing a person wrote is lost.
[[nodiscard]] Status changeRunNotes(const RunFolder& folder, const RunNotesChange& change);

}  // namespace rosa::store
