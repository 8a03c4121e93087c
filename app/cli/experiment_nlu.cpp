// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>

#include "cli/experiment.h"

namespace rosa::cli {

namespace {

/// Settings at which each method learns on small encoders; --set-for changes them.
const std::vector<NluMethod>& knownMethods() {
  static const std::vector<NluMethod> kMethods = {
      {"rosa", {"method=rosa", "lr=1e-3", "rank=8", "layers=all", "resample-every=1epoch"}},
      {"lora", {"method=lora", "lr=2e-3", "rank=8", "alpha=16", "layers=*.query,*.value"}},
      {"full", {"method=full", "lr=1e-4"}}};
  return kMethods;
}

}  // namespace

void registerNluExperiment(CLI::App& experiment, int& exitCode) {
  struct Choice {
    NluRequest request;
    std::vector<std::string> methods{"rosa", "lora", "full"};
    std::vector<std::string> changes;  ///< of one method
    std::vector<std::string> changesOfAll;
    bool json = false;
  };
  auto* command = experiment.add_subcommand(
      "nlu", "GLUE and SuperGLUE tasks, methods and seeds on one model, with intervals and paired differences");
  auto choice = std::make_shared<Choice>();
  auto& request = choice->request;
  request.settings = {"epochs=3", "batch=16", "max-length=128", "warmup=6%"};
  command->add_option("--to", request.destination, kExperimentFolderHelp)->required()->type_name("DIR");
  command->add_option("--model", request.model, "Hugging Face folder")->required()->type_name("DIR");
  command->add_option("--data", request.data, "Folder that holds the tasks' folders")->required()->type_name("DIR");
  command->add_option("--task", request.tasks, "Tasks")->delimiter(',')->capture_default_str();
  command->add_option("--method", choice->methods, "rosa, lora, full")->delimiter(',')->capture_default_str();
  command->add_option("--seeds", request.seeds, "Seeds 0 to N-1")->capture_default_str();
  command->add_option("--threads", request.threads, "CPU threads; 0 for all cores")->capture_default_str();
  command->add_option("--set", choice->changesOfAll, "KEY=VALUE of the configuration, for every run; may be repeated");
  command->add_option("--set-for", choice->changes, "METHOD:KEY=VALUE, for one method; may be repeated");
  command->add_flag("--json", choice->json, "Print the result as JSON");
  command->callback([choice, &exitCode] {
    auto& settings = choice->request.settings;
    settings.insert(settings.end(), choice->changesOfAll.begin(), choice->changesOfAll.end());
    for (const auto& name : choice->methods) {
      const auto known = std::ranges::find(knownMethods(), name, &NluMethod::name);
      if (known == knownMethods().end()) {
        printError(fmt::format("There is no method \"{}\" here; choose among rosa, lora and full.", name));
        exitCode = kWrongInput;
        return;
      }
      auto method = *known;
      for (const auto& change : choice->changes) {
        if (change.starts_with(name + ":")) method.settings.push_back(change.substr(name.size() + 1));
      }
      choice->request.methods.push_back(std::move(method));
    }
    exitCode = tellExperiment(runNluExperiment(choice->request, watchExperiment(choice->json)), choice->json);
  });
}

}  // namespace rosa::cli
