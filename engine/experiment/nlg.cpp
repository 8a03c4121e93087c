// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "data/completion.h"
#include "experiment/e2e_data.h"
#include "experiment/experiment_folder.h"
#include "experiment/method_runs.h"
#include "experiment/nlg_page.h"
#include "experiment/parts.h"
#include "metrics/text_scores.h"
#include "rosa/engine.h"
#include "rosa/experiment.h"
#include "service/guard.h"

namespace rosa {

namespace {

using base::Json;
using experiment::E2ePart;
using experiment::ExperimentFolder;
using experiment::PartResults;
using experiment::PromptGroup;

/// Texts of the first prompts that a result keeps.
constexpr std::size_t kKeptExamples = 5;

class Nlg {
 public:
  Nlg(const NlgRequest& request, const ExperimentWatch& watch)
      : request_(request), watch_(watch), engine_(createEngine()) {}

  Expected<ExperimentReport> run() {
    ROSA_CHECK(checkRequest());
    ROSA_CHECK(readData());
    ROSA_TRY(auto files, experiment::CompletionFiles::write(train_, valid_));
    files_ = std::move(files);
    ROSA_CHECK(checkRuns());
    ROSA_TRY(const auto folder, ExperimentFolder::open(request_.destination, config()));
    std::vector<std::string> names;
    for (std::int64_t seed = 0; seed < request_.seeds; ++seed) {
      for (const auto& method : request_.methods) {
        parts_.push_back({&method, seed});
        names.push_back(experiment::nlgPart(method.name, seed));
      }
    }
    return experiment::makeParts(folder, watch_, names,
                                 {[&](std::size_t part) { return train(folder, parts_[part]); },
                                  [&](const PartResults& results) {
                                    return experiment::writeNlgPage(folder, request_, decoded_.size(), results);
                                  }});
  }

 private:
  struct Part {
    const ExperimentMethod* method;
    std::int64_t seed;
  };

  [[nodiscard]] Status checkRequest() const {
    ROSA_CHECK(experiment::checkMethods(request_.methods));
    if (request_.seeds < 1) return Error{"seeds must be 1 or more."};
    if (request_.rows < 0) return Error{"rows must be 0 or more."};
    if (request_.validRows < 0) return Error{"valid-rows must be 0 or more."};
    if (request_.decodedRows.value_or(0) < 0) return Error{"decode-rows must be 0 or more."};
    if (!decodes()) return {};
    GenerationRequest generation;
    generation.model = request_.model;
    generation.prompts = {"any"};
    generation.settings = request_.decoding;
    generation.batch = request_.decodedTogether;
    const auto problems = checkGeneration(generation);
    return problems.empty() ? Status() : Status(Error{joinProblems(problems)});
  }

  [[nodiscard]] bool decodes() const { return request_.decodedRows != 0; }

  Status readData() {
    using experiment::spreadEvenly;
    ROSA_TRY(auto train, experiment::readE2e(request_.data, E2ePart::Train));
    ROSA_TRY(auto valid, experiment::readE2e(request_.data, E2ePart::Development));
    for (const auto place : spreadEvenly(train.size(), request_.rows)) train_.push_back(std::move(train[place]));
    if (decodes()) {
      const auto part = request_.decodeTest ? E2ePart::Test : E2ePart::Development;
      ROSA_TRY(const auto texts, experiment::readE2e(request_.data, part));
      auto groups = experiment::groupByPrompt(texts);
      for (const auto place : spreadEvenly(groups.size(), request_.decodedRows.value_or(0))) {
        decoded_.push_back(std::move(groups[place]));
      }
    }
    for (const auto place : spreadEvenly(valid.size(), request_.validRows)) valid_.push_back(std::move(valid[place]));
    return {};
  }

  /// Every mistake of every run before the first one trains.
  [[nodiscard]] Status checkRuns() const {
    std::string problems;
    for (const auto& method : request_.methods) {
      ROSA_TRY(const auto config, configOf({&method, 0}));
      const auto mistakes = experiment::mistakesOf(*engine_, config, method.name);
      problems += (problems.empty() || mistakes.empty() ? "" : "\n") + mistakes;
    }
    return problems.empty() ? Status() : Status(Error{problems});
  }

  [[nodiscard]] Json config() const {
    Json config = {
        {"experiment", "nlg"}, {"rows", request_.rows}, {"valid_rows", request_.validRows}, {"seeds", request_.seeds}};
    config["decoded_rows"] = request_.decodedRows ? Json(*request_.decodedRows) : Json("all");
    if (decodes()) {
      config["decoded_set"] = request_.decodeTest ? "test" : "dev";
      config["beams"] = request_.decoding.beams;
      config["no_repeat_ngram"] = request_.decoding.noRepeatNgram;
      config["ngrams_of_prompt"] = request_.decoding.ngramsOfPrompt;
      config["length_penalty"] = request_.decoding.lengthPenalty;
      config["max_new_tokens"] = request_.decoding.maxNewTokens;
    }
    experiment::describeRuns(config, request_.model, request_.methods, request_.settings, request_.threads);
    return config;
  }

  [[nodiscard]] Expected<RunConfig> configOf(const Part& part) const {
    RunConfig config;
    config.model = request_.model;
    config.data = files_->train();
    config.valid = files_->valid();
    config.task = Task::Completion;
    config.prompt = "prompt";
    config.completion = "completion";
    config.evalEvery = {Interval::Unit::Epochs, 0.5};
    config.saveEvery = {};  // the last state is saved all the same
    config.saveMinutes = 0;
    config.sampleTokens = 0;
    config.seed = part.seed;
    config.threads = request_.threads;
    return experiment::configOf(std::move(config), request_.settings, *part.method);
  }

  [[nodiscard]] Expected<std::optional<Json>> train(const ExperimentFolder& folder, const Part& part) const {
    ROSA_TRY(const auto config, configOf(part));
    const experiment::RunPlace place(folder, experiment::nlgPart(part.method->name, part.seed));
    auto result = experiment::trainRun(*engine_, config, place, watch_);
    if (!result) return Error{fmt::format("{}: {}", part.method->name, result.error().message)};
    if (!*result) return result;
    auto& figures = **result;
    figures["method"] = part.method->name;
    figures["seed"] = part.seed;
    std::string told;
    if (decodes()) {
      ROSA_TRY(const bool done, decode(place.path(), config, figures));
      if (!done) return std::optional<Json>();
      told = fmt::format(", BLEU {:.4f}", experiment::figureOf(figures.at("scores"), "bleu"));
    }
    if (watch_.report) {
      watch_.report(fmt::format("{}, seed {}: validation loss {:.4f}{}, {:.0f} s", part.method->name, part.seed,
                                experiment::figureOf(figures, "loss"), told, experiment::figureOf(figures, "seconds")));
    }
    return result;
  }

  /// Lets the trained model put the prompts into words and adds their scores. False where the experiment was stopped.
  [[nodiscard]] Expected<bool> decode(const std::filesystem::path& run, const RunConfig& config, Json& figures) const {
    GenerationRequest request;
    request.model = run;
    request.settings = request_.decoding;
    request.batch = request_.decodedTogether;
    request.threads = request_.threads;
    request.device = config.device;
    for (const auto& group : decoded_) {
      request.prompts.push_back(data::generationPrompt(group.prompt, config.separator));
    }
    GenerationCallbacks callbacks;
    callbacks.giveUp = watch_.stop;
    ROSA_TRY(const auto report, engine_->generate(request, callbacks));
    if (report.givenUp) return false;

    std::vector<std::string> texts;
    std::vector<std::vector<std::string>> references;
    Json examples = Json::array();
    const auto shown = experiment::spreadEvenly(decoded_.size(), kKeptExamples);
    for (std::size_t i = 0; i < decoded_.size(); ++i) {
      texts.emplace_back(base::trim(report.prompts[i].front().text));
      references.push_back(decoded_[i].texts);
      if (std::ranges::find(shown, i) == shown.end()) continue;
      examples.push_back({{"prompt", decoded_[i].prompt},
                          {"text", base::printable(texts.back())},
                          {"reference", decoded_[i].texts[0]}});
    }
    Json scores = Json::object();
    for (const auto& [name, value] : metrics::textScores(texts, references)) scores[name] = value;
    figures["scores"] = scores;
    figures["decoding_seconds"] = report.seconds;
    figures["examples"] = examples;
    return true;
  }

  const NlgRequest& request_;
  const ExperimentWatch& watch_;
  std::unique_ptr<Engine> engine_;
  std::vector<experiment::PromptedText> train_, valid_;
  std::vector<PromptGroup> decoded_;
  std::optional<experiment::CompletionFiles> files_;
  std::vector<Part> parts_;
};

}  // namespace

Expected<ExperimentReport> runNlgExperiment(const NlgRequest& request, const ExperimentWatch& watch) {
  return service::guarded([&] { return Nlg(request, watch).run(); });
}

}  // namespace rosa
