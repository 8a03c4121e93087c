// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/experiment.h"

namespace rosa::cli {

void registerSyntheticExperiment(CLI::App& experiment, const CarryOutHere& carryOut, int& exitCode) {
  auto* command = experiment.add_subcommand(
      "synthetic", "Recovery of a low-rank map by ROSA, LoRA and full training, and the paper's theorem checked");
  auto request = std::make_shared<SyntheticRequest>();
  auto json = std::make_shared<bool>(false);
  command->add_option("--to", request->destination, kExperimentFolderHelp)->required()->type_name("DIR");
  command->add_option("--network", request->networks, "linear, mlp2, mlp3; all three by default")->delimiter(',');
  command->add_option("--rank", request->ranks, "Ranks of ROSA and LoRA")->delimiter(',')->capture_default_str();
  command->add_option("--resample-every", request->intervals, "Epochs between resamples; a ROSA run each")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--epochs", request->epochs, "Epochs of every run")->capture_default_str();
  command->add_option("--seeds", request->seeds, "Runs of each kind")->capture_default_str();
  command->add_option("--instances", request->instances, "Random instances of the theorem's check")
      ->capture_default_str();
  command->add_flag("--json", *json, "Print the result as JSON");
  command->callback([request, json, carryOut, &exitCode] {
    exitCode = carryOut(*json, [&](const ExperimentWatch& watch) { return runSyntheticExperiment(*request, watch); });
  });
}

}  // namespace rosa::cli
