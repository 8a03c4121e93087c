// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/experiment.h"
#include "cli/experiment_methods.h"

namespace rosa::cli {

namespace {

/// Settings at which each method learns on small encoders.
std::vector<ExperimentMethod> nluMethods() {
  return {{"rosa", {"method=rosa", "lr=1e-3", "rank=8", "layers=all", "resample-every=1epoch", "rewarm=0"}},
          {"lora", {"method=lora", "lr=2e-3", "rank=8", "alpha=16", "layers=*.query,*.value"}},
          {"ia3", {"method=ia3", "lr=1e-2"}},
          {"full", {"method=full", "lr=1e-4"}}};
}

// What --full sets, where nothing else is asked for: all rows, the seeds and epochs of the paper.
constexpr std::int64_t kFullSeeds = 5;
constexpr const char* kFullEpochs = "epochs=10";

}  // namespace

void registerNluExperiment(CLI::App& experiment, const CarryOutHere& carryOut, int& exitCode) {
  struct Choice {
    NluRequest request;
    std::shared_ptr<MethodOptions> methods = std::make_shared<MethodOptions>();
    std::vector<std::string> settings;
    bool full = false;
    bool json = false;
  };
  auto* command = experiment.add_subcommand(
      "nlu", "GLUE and SuperGLUE tasks, methods and seeds on one model, with intervals and paired differences");
  auto choice = std::make_shared<Choice>();
  auto& request = choice->request;
  request.rows = 4000;
  command->add_option("--to", request.destination, kExperimentFolderHelp)->required()->type_name("DIR");
  command->add_option("--model", request.model, "Hugging Face folder")->required()->type_name("DIR");
  command->add_option("--data", request.data, "Folder that holds the tasks' folders")->required()->type_name("DIR");
  command->add_option("--task", request.tasks, "Tasks")->delimiter(',')->capture_default_str();
  addMethodOptions(*command, choice->methods, nluMethods());
  auto* rows = command->add_option("--rows", request.rows, "Only the first training rows of every task; 0 for all")
                   ->capture_default_str();
  auto* seeds = command->add_option("--seeds", request.seeds, "Seeds 0 to N-1")->capture_default_str();
  command->add_flag("--full", choice->full, "All rows, 10 epochs and 5 seeds, where not set otherwise");
  command->add_option("--threads", request.threads, "CPU threads; 0 for all cores")->capture_default_str();
  command->add_option("--set", choice->settings, "KEY=VALUE of the configuration, for every run; may be repeated");
  command->add_flag("--json", choice->json, "Print the result as JSON");
  command->callback([choice, rows, seeds, carryOut, &exitCode] {
    auto& wanted = choice->request;
    wanted.settings = {"epochs=3", "batch=16", "max-length=128", "warmup=6%"};
    if (choice->full) {
      wanted.settings.front() = kFullEpochs;
      if (rows->empty()) wanted.rows = 0;
      if (seeds->empty()) wanted.seeds = kFullSeeds;
    }
    wanted.settings.insert(wanted.settings.end(), choice->settings.begin(), choice->settings.end());
    if (!chooseMethods(*choice->methods, wanted.methods, exitCode)) return;
    exitCode = carryOut(choice->json, [&](const ExperimentWatch& watch) { return runNluExperiment(wanted, watch); });
  });
}

}  // namespace rosa::cli
