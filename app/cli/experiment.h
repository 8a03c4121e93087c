// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

#include "cli/command.h"
#include "rosa/experiment.h"
#include "rosa/runs.h"

/// What the experiments' subcommands share. Each stands in its own experiment_NAME.cpp.
namespace rosa::cli {

constexpr const char* kExperimentFolderHelp = "Folder of the experiment, new or to go on with";

/// What is done with an experiment once its options are read; returns the exit code.
using CarryOutHere = std::function<int(bool json, const CarryOut& carryOut)>;

/// Carries out an experiment that stands in the queue, in its worker. Returns the exit code.
[[nodiscard]] int workQueuedExperiment(const WorkRequest& request, const ExperimentOrder& order);

void registerCostExperiment(CLI::App& experiment, const CarryOutHere& carryOut, int& exitCode);
void registerNlgExperiment(CLI::App& experiment, const CarryOutHere& carryOut, int& exitCode);
void registerNluExperiment(CLI::App& experiment, const CarryOutHere& carryOut, int& exitCode);
void registerSpectrumExperiment(CLI::App& experiment, const CarryOutHere& carryOut, int& exitCode);
void registerSyntheticExperiment(CLI::App& experiment, const CarryOutHere& carryOut, int& exitCode);

}  // namespace rosa::cli
