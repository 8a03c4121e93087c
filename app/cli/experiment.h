// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/command.h"
#include "rosa/experiment.h"

/// What the experiments' subcommands share. Each stands in its own experiment_NAME.cpp.
namespace rosa::cli {

constexpr const char* kExperimentFolderHelp = "Folder of the experiment, new or to go on with";

/// Reports lines to standard output (to standard error beside JSON). Ctrl-C ends the experiment after what is stored;
/// the same command goes on from there.
[[nodiscard]] ExperimentWatch watchExperiment(bool json);

/// Prints the report or the mistake and returns the exit code.
[[nodiscard]] int tellExperiment(const Expected<ExperimentReport>& report, bool json);

void registerCostExperiment(CLI::App& experiment, int& exitCode);
void registerNlgExperiment(CLI::App& experiment, int& exitCode);
void registerNluExperiment(CLI::App& experiment, int& exitCode);
void registerSpectrumExperiment(CLI::App& experiment, int& exitCode);
void registerSyntheticExperiment(CLI::App& experiment, int& exitCode);

}  // namespace rosa::cli
