// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "cli/choice.h"
#include "cli/experiment.h"
#include "cli/experiment_methods.h"

namespace rosa::cli {

namespace {

/// Settings at which each method learns on small decoders; ROSA as the paper has it.
std::vector<ExperimentMethod> nlgMethods() {
  return {{"rosa", {"method=rosa", "lr=1e-2", "rank=8", "layers=all", "resample-every=0.5epochs", "rewarm=0"}},
          {"lora", {"method=lora", "lr=1e-2", "rank=8", "alpha=16", "layers=all"}},
          {"ia3", {"method=ia3", "lr=1e-1"}},
          {"full", {"method=full", "lr=5e-3"}}};
}

}  // namespace

void registerNlgExperiment(CLI::App& experiment, const CarryOutHere& carryOut, int& exitCode) {
  struct Choice {
    NlgRequest request;
    std::shared_ptr<MethodOptions> methods = std::make_shared<MethodOptions>();
    std::vector<std::string> settings;
    std::int64_t decodedRows = 0;
    double epochs = 3;
    std::string decodedSet = "test";
    bool json = false;
  };
  auto* command = experiment.add_subcommand(
      "nlg",
      "E2E: methods and seeds on one model, validation loss, and the scores of their texts; with --decode-rows 0 an "
      "ablation");
  auto choice = std::make_shared<Choice>();
  auto& request = choice->request;
  auto& decoding = request.decoding;
  request.rows = 4000;
  request.validRows = 500;
  decoding.beams = 10;
  decoding.noRepeatNgram = 4;
  decoding.ngramsOfPrompt = false;  // as the LoRA paper's decoding: the text must be able to name what it is given
  decoding.lengthPenalty = 0.8;
  decoding.maxNewTokens = 160;
  command->add_option("--to", request.destination, kExperimentFolderHelp)->required()->type_name("DIR");
  command->add_option("--model", request.model, "Hugging Face folder of a language model")
      ->required()
      ->type_name("DIR");
  command->add_option("--data", request.data, "Folder with the official CSV files of E2E, or the linearised ones")
      ->required()
      ->type_name("DIR");
  addMethodOptions(*command, choice->methods, nlgMethods());
  command->add_option("--rows", request.rows, "Training rows, spread evenly over the file; 0 for all")
      ->capture_default_str();
  command->add_option("--valid-rows", request.validRows, "The same of the development set")->capture_default_str();
  command->add_option("--epochs", choice->epochs, "Epochs of every run")->capture_default_str();
  command->add_option("--seeds", request.seeds, "Seeds 0 to N-1")->capture_default_str();
  auto* decodedRows =
      command->add_option("--decode-rows", choice->decodedRows,
                          "Distinct prompts that are put into words, spread evenly; all by default, 0 for none");
  command->add_option("--decode-set", choice->decodedSet, "Whose prompts: test or dev")
      ->check(oneOf({"test", "dev"}))
      ->capture_default_str();
  command->add_option("--beams", decoding.beams, "Beams of the search")->capture_default_str();
  command->add_option("--no-repeat-ngram", decoding.noRepeatNgram, "No run of this many tokens is repeated in a text")
      ->capture_default_str();
  command
      ->add_option("--ngrams-of-prompt", decoding.ngramsOfPrompt,
                   "yes: tokens in a row that the prompt holds have come already")
      ->capture_default_str();
  command->add_option("--length-penalty", decoding.lengthPenalty, "A beam's score is its log-probability / length^it")
      ->capture_default_str();
  command->add_option("--max-new-tokens", decoding.maxNewTokens, "Longest text")->capture_default_str();
  command->add_option("--threads", request.threads, "CPU threads; 0 for all cores")->capture_default_str();
  command->add_option("--set", choice->settings, "KEY=VALUE of the configuration, for every run; may be repeated");
  command->add_flag("--json", choice->json, "Print the result as JSON");
  command->callback([choice, decodedRows, carryOut, &exitCode] {
    auto& wanted = choice->request;
    if (!decodedRows->empty()) wanted.decodedRows = choice->decodedRows;
    wanted.decodeTest = choice->decodedSet == "test";
    if (wanted.decoding.beams <= 1) wanted.decoding.lengthPenalty = 1;
    wanted.settings = {fmt::format("epochs={}", choice->epochs), "batch=16", "max-length=256"};
    wanted.settings.insert(wanted.settings.end(), choice->settings.begin(), choice->settings.end());
    if (!chooseMethods(*choice->methods, wanted.methods, exitCode)) return;
    exitCode = carryOut(choice->json, [&](const ExperimentWatch& watch) { return runNlgExperiment(wanted, watch); });
  });
}

}  // namespace rosa::cli
