// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/experiment.h"

namespace rosa::cli {

void registerCostExperiment(CLI::App& experiment, const CarryOutHere& carryOut, int& exitCode) {
  auto* command = experiment.add_subcommand(
      "cost",
      "Time and memory of training by method and rank, of resamples, and of inference with what a method leaves");
  auto request = std::make_shared<CostRequest>();
  auto json = std::make_shared<bool>(false);
  command->add_option("--to", request->destination, kExperimentFolderHelp)->required()->type_name("DIR");
  command->add_option("--arch", request->arch, "Architecture of the random model, as of rosa init")
      ->capture_default_str();
  command->add_option("--preset", request->preset, "Its size, as of rosa init")->capture_default_str();
  command->add_option("--batch", request->batch, "Texts in a step, and at inference")->capture_default_str();
  command->add_option("--length", request->length, "Tokens in a text")->capture_default_str();
  command->add_option("--rank", request->ranks, "Ranks of ROSA and LoRA in training")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--inference-rank", request->inferenceRanks, "Ranks of what is left beside the weights")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--rounds", request->rounds, "Repeats of all measurements, in turns")->capture_default_str();
  command->add_option("--threads", request->threads, "CPU threads; 0 for all cores")->capture_default_str();
  command->add_flag("--json", *json, "Print the result as JSON");
  command->callback([request, json, carryOut, &exitCode] {
    exitCode = carryOut(*json, [&](const ExperimentWatch& watch) { return runCostExperiment(*request, watch); });
  });
}

}  // namespace rosa::cli
