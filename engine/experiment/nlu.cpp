// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "experiment/experiment_folder.h"
#include "experiment/method_runs.h"
#include "experiment/nlu_page.h"
#include "experiment/nlu_tasks.h"
#include "experiment/parts.h"
#include "rosa/engine.h"
#include "rosa/experiment.h"

namespace rosa {

namespace {

using base::Json;
using experiment::ExperimentFolder;
using experiment::PartResults;

class Nlu {
 public:
  Nlu(const NluRequest& request, const ExperimentWatch& watch)
      : request_(request), watch_(watch), engine_(createEngine()) {}

  Expected<ExperimentReport> run() {
    ROSA_CHECK(check());
    ROSA_TRY(const auto folder, ExperimentFolder::open(request_.destination, config()));
    std::vector<std::string> names;
    for (std::int64_t seed = 0; seed < request_.seeds; ++seed) {
      for (const auto& task : request_.tasks) {
        for (const auto& method : request_.methods) {
          parts_.push_back({&task, &method, seed});
          names.push_back(experiment::nluPart(task, method.name, seed));
        }
      }
    }
    return experiment::makeParts(
        folder, watch_, names,
        {[&](std::size_t part) { return train(folder, parts_[part]); },
         [&](const PartResults& results) { return experiment::writeNluPage(folder, request_, results); }});
  }

 private:
  struct Part {
    const std::string* task;
    const ExperimentMethod* method;
    std::int64_t seed;
  };

  /// Every mistake of every run before the first one trains.
  Status check() {
    if (request_.tasks.empty()) return Error{"Name at least one task."};
    if (request_.seeds < 1) return Error{"seeds must be 1 or more."};
    if (request_.rows < 0) return Error{"rows must be 0 or more."};
    ROSA_CHECK(experiment::checkMethods(request_.methods));
    std::string problems;
    for (const auto& task : request_.tasks) {
      const auto* found = experiment::findNluTask(task);
      if (found == nullptr) {
        std::string known;
        for (const auto& entry : experiment::nluTasks())
          known += fmt::format("{}{}", known.empty() ? "" : ", ", entry.name);
        return Error{fmt::format("There is no task \"{}\"; choose among {}.", task, known)};
      }
      ROSA_TRY(auto files, experiment::NluFiles::of(*found, request_.data));
      files_.insert_or_assign(task, std::move(files));
      for (const auto& method : request_.methods) {
        ROSA_TRY(const auto config, configOf({&task, &method, 0}));
        const auto mistakes = experiment::mistakesOf(*engine_, config, whatOf({&task, &method, 0}));
        problems += (problems.empty() || mistakes.empty() ? "" : "\n") + mistakes;
      }
    }
    return problems.empty() ? Status() : Status(Error{problems});
  }

  static std::string whatOf(const Part& part) { return fmt::format("{} with {}", *part.task, part.method->name); }

  [[nodiscard]] Json config() const {
    Json config = {
        {"experiment", "nlu"}, {"tasks", request_.tasks}, {"rows", request_.rows}, {"seeds", request_.seeds}};
    experiment::describeRuns(config, request_.model, request_.methods, request_.settings, request_.threads);
    return config;
  }

  [[nodiscard]] Expected<RunConfig> configOf(const Part& part) const {
    const auto& task = *experiment::findNluTask(*part.task);
    const auto& files = files_.at(*part.task);
    RunConfig config;
    config.model = request_.model;
    config.data = files.train();
    config.valid = files.valid();
    config.task = task.task;
    config.text = task.text;
    config.textPair = task.textPair;
    config.label = task.label;
    config.maxRows = request_.rows;
    config.saveEvery = {};
    config.saveMinutes = 0;
    config.seed = part.seed;
    config.threads = request_.threads;
    return experiment::configOf(std::move(config), request_.settings, *part.method);
  }

  [[nodiscard]] Expected<std::optional<Json>> train(const ExperimentFolder& folder, const Part& part) const {
    ROSA_TRY(auto config, configOf(part));
    const experiment::RunPlace place(folder, experiment::nluPart(*part.task, part.method->name, part.seed));
    auto result = experiment::trainRun(*engine_, std::move(config), place, watch_);
    if (!result) return Error{fmt::format("{}: {}", whatOf(part), result.error().message)};
    if (!*result) return result;
    auto& figures = **result;
    figures["task"] = *part.task;
    figures["method"] = part.method->name;
    figures["seed"] = part.seed;
    const std::string metric = experiment::findNluTask(*part.task)->metric;
    if (watch_.report) {
      watch_.report(fmt::format("{}, seed {}: {} {:.3f}, {:.0f} s", whatOf(part), part.seed, metric,
                                experiment::figureOf(figures.at("metrics"), metric),
                                experiment::figureOf(figures, "seconds")));
    }
    return result;
  }

  const NluRequest& request_;
  const ExperimentWatch& watch_;
  std::unique_ptr<Engine> engine_;
  std::map<std::string, experiment::NluFiles> files_;  ///< by task
  std::vector<Part> parts_;
};

}  // namespace

Expected<ExperimentReport> runNluExperiment(const NluRequest& request, const ExperimentWatch& watch) {
  return Nlu(request, watch).run();
}

}  // namespace rosa
