// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/experiment.h"
#include "cli/experiment_methods.h"

namespace rosa::cli {

namespace {

/// Settings at which each method learns on small decoders.
std::vector<ExperimentMethod> spectrumMethods() {
  return {{"rosa", {"method=rosa", "lr=1e-2", "rank=8", "layers=all", "rewarm=0"}},
          {"lora", {"method=lora", "lr=1e-2", "rank=8", "alpha=16", "layers=all"}},
          {"full", {"method=full", "lr=5e-3"}}};
}

}  // namespace

void registerSpectrumExperiment(CLI::App& experiment, const CarryOutHere& carryOut, int& exitCode) {
  struct Choice {
    SpectrumRequest request;
    std::shared_ptr<MethodOptions> methods = std::make_shared<MethodOptions>();
    std::vector<std::string> settings;
    bool json = false;
  };
  auto* command = experiment.add_subcommand(
      "spectrum", "Singular values of the layers before and after training, and the directions that each cycle moved");
  auto choice = std::make_shared<Choice>();
  auto& request = choice->request;
  command->add_option("--to", request.destination, kExperimentFolderHelp)->required()->type_name("DIR");
  command->add_option("--model", request.model, "Hugging Face folder")->required()->type_name("DIR");
  command
      ->add_option("--data", request.data,
                   "What is trained on; with the columns mr and ref of E2E unless --set task=... and others say more")
      ->required()
      ->type_name("PATH");
  addMethodOptions(*command, choice->methods, spectrumMethods());
  command->add_option("--cycles", request.cycles, "Stretches of the training that are looked at")
      ->capture_default_str();
  command->add_option("--steps-per-cycle", request.stepsPerCycle, "Steps between two resamples")->capture_default_str();
  command->add_option("--shown-layers", request.shownLayers, "Layers with plots, spread evenly")->capture_default_str();
  command->add_option("--seed", request.seed, "Seed of the runs")->capture_default_str();
  command->add_option("--threads", request.threads, "CPU threads; 0 for all cores")->capture_default_str();
  command->add_option("--set", choice->settings, "KEY=VALUE of the configuration, for every run; may be repeated");
  command->add_flag("--json", choice->json, "Print the result as JSON");
  command->callback([choice, carryOut, &exitCode] {
    auto& wanted = choice->request;
    wanted.settings = {"task=completion", "prompt=mr", "completion=ref", "max-rows=4000", "batch=16", "max-length=256"};
    wanted.settings.insert(wanted.settings.end(), choice->settings.begin(), choice->settings.end());
    if (!chooseMethods(*choice->methods, wanted.methods, exitCode)) return;
    exitCode =
        carryOut(choice->json, [&](const ExperimentWatch& watch) { return runSpectrumExperiment(wanted, watch); });
  });
}

}  // namespace rosa::cli
