// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "rosa/engine.h"

namespace rosa::cli {

/// The runs a user named by folder, folder name or run name.
[[nodiscard]] Expected<std::vector<RunRecord>> pickRuns(std::vector<RunRecord> runs,
                                                        const std::vector<std::string>& wanted);

/// The folder of one run: a path to one, or a run of the catalogue.
[[nodiscard]] Expected<std::filesystem::path> runFolderOf(Engine& engine, const std::string& wanted);

}  // namespace rosa::cli
