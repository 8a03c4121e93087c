// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/command.h"
#include "rosa/engine.h"

namespace rosa::cli {

/// The runs a user named by folder, folder name or run name.
[[nodiscard]] Expected<std::vector<RunRecord>> pickRuns(std::vector<RunRecord> runs,
                                                        const std::vector<std::string>& wanted);

/// The folder of one run: a path to one, or a run of the catalogue.
[[nodiscard]] Expected<std::filesystem::path> runFolderOf(Engine& engine, const std::string& wanted);

/// --host of a command that is about one run.
void addHostOption(CLI::App& command, std::string& host);
/// The run's folder here; with a host that of a run there, by its name or folder on it.
[[nodiscard]] Expected<std::filesystem::path> runFolderAt(Context& context, const std::string& wanted,
                                                          const std::string& host);
/// Lets the host do what this process was asked for, --host left out, and prints what it prints. Returns the exit code.
[[nodiscard]] int passOn(const Context& context, const std::string& host);

}  // namespace rosa::cli
