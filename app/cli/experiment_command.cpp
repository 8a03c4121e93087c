// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/json_text.h"
#include "rosa/experiment.h"

namespace rosa::cli {

namespace {

constexpr const char* kFolderHelp = "Folder of the experiment, new or to go on with";

/// Ctrl-C ends the experiment after what is stored; the same command goes on from there.
ExperimentWatch watchOf(bool json) {
  watchInterrupts(SecondInterrupt::IsIgnored);
  ExperimentWatch watch;
  watch.stop = interrupted;
  watch.report = [out = json ? stderr : stdout](const std::string& line) {
    fmt::print(out, "{}\n", line);
    std::fflush(out);
  };
  return watch;
}

int tell(const Expected<ExperimentReport>& report, bool json) {
  if (!report) {
    printError(report.error().message);
    return kWrongInput;
  }
  const bool complete = report->finished == report->parts;
  if (json) {
    fmt::print("{}\n",
               nlohmann::ordered_json{
                   {"directory", report->directory.string()}, {"parts", report->parts}, {"finished", report->finished}}
                   .dump());
  } else {
    fmt::print("{} of {} parts in {}{}\n", report->finished, report->parts, (report->directory / "README.md").string(),
               complete ? "" : "; the same command goes on");
  }
  return complete ? kDone : kFailed;
}

void registerSynthetic(CLI::App& experiment, int& exitCode) {
  auto* command = experiment.add_subcommand(
      "synthetic", "Recovery of a low-rank map by ROSA, LoRA and full training, and the paper's theorem checked");
  auto request = std::make_shared<SyntheticRequest>();
  auto json = std::make_shared<bool>(false);
  command->add_option("--to", request->destination, kFolderHelp)->required()->type_name("DIR");
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
  command->callback(
      [request, json, &exitCode] { exitCode = tell(runSyntheticExperiment(*request, watchOf(*json)), *json); });
}

/// Settings at which each method learns on small encoders; --set-for changes them.
const std::vector<NluMethod>& knownMethods() {
  static const std::vector<NluMethod> kMethods = {
      {"rosa", {"method=rosa", "lr=1e-3", "rank=8", "layers=all", "resample-every=1epoch"}},
      {"lora", {"method=lora", "lr=2e-3", "rank=8", "alpha=16", "layers=*.query,*.value"}},
      {"full", {"method=full", "lr=1e-4"}}};
  return kMethods;
}

void registerNlu(CLI::App& experiment, int& exitCode) {
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
  command->add_option("--to", request.destination, kFolderHelp)->required()->type_name("DIR");
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
    exitCode = tell(runNluExperiment(choice->request, watchOf(choice->json)), choice->json);
  });
}

}  // namespace

void registerExperiment(CLI::App& app, Context& /*context*/, int& exitCode) {
  auto* experiment = app.add_subcommand("experiment", "Run the paper's experiments again");
  experiment->require_subcommand(1);
  registerSynthetic(*experiment, exitCode);
  registerNlu(*experiment, exitCode);
}

}  // namespace rosa::cli
