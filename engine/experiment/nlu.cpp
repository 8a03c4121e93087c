// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "experiment/by_seed.h"
#include "experiment/experiment_folder.h"
#include "experiment/method_runs.h"
#include "experiment/parts.h"
#include "rosa/engine.h"
#include "rosa/experiment.h"

namespace rosa {

namespace {

using base::Json;
using experiment::BySeed;
using experiment::ExperimentFolder;
using experiment::PartResults;

/// A task of GLUE or SuperGLUE: its files, its columns, and the figure that counts.
struct NluTask {
  const char* name;
  const char* train;
  const char* valid;
  const char* text;
  const char* textPair;
  const char* label;
  Task task;
  const char* metric;
};

constexpr std::array kTasks = {
    NluTask{"CoLA", "train.tsv", "dev.tsv", "4", "", "2", Task::Classification, "matthews"},
    NluTask{"SST-2", "train.tsv", "dev.tsv", "sentence", "", "label", Task::Classification, "accuracy"},
    NluTask{"MRPC", "train.tsv", "dev.tsv", "#1 String", "#2 String", "Quality", Task::Classification, "accuracy"},
    NluTask{"RTE", "train.tsv", "dev.tsv", "sentence1", "sentence2", "label", Task::Classification, "accuracy"},
    NluTask{"STS-B", "train.tsv", "dev.tsv", "sentence1", "sentence2", "score", Task::Regression, "pearson"},
    NluTask{"WNLI", "train.tsv", "dev.tsv", "sentence1", "sentence2", "label", Task::Classification, "accuracy"},
    NluTask{"MNLI", "train.tsv", "dev_matched.tsv", "sentence1", "sentence2", "gold_label", Task::Classification,
            "accuracy"},
    NluTask{"QQP", "train.tsv", "dev.tsv", "question1", "question2", "is_duplicate", Task::Classification, "f1"},
    NluTask{"QNLI", "train.tsv", "dev.tsv", "question", "sentence", "label", Task::Classification, "accuracy"},
    NluTask{"BoolQ", "train.jsonl", "val.jsonl", "question", "passage", "label", Task::Classification, "accuracy"},
    // SuperGLUE's diagnostics have no training part: a model of RTE's is asked.
    NluTask{"AX-b", "../RTE/train.tsv", "AX-b.jsonl", "sentence1", "sentence2", "label", Task::Classification,
            "matthews"},
    NluTask{"WiC", "train.jsonl", "val.jsonl", "sentence1", "sentence2", "label", Task::Classification, "accuracy"}};

const NluTask* taskOf(const std::string& name) {
  const auto* found = std::ranges::find_if(kTasks, [&](const NluTask& task) { return task.name == name; });
  return found == kTasks.end() ? nullptr : found;
}

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
          names.push_back(partName(task, method, seed));
        }
      }
    }
    return experiment::makeParts(folder, watch_, names,
                                 {[&](std::size_t part) { return train(folder, parts_[part]); },
                                  [&](const PartResults& results) { return writePage(folder, results); }});
  }

 private:
  struct Part {
    const std::string* task;
    const ExperimentMethod* method;
    std::int64_t seed;
  };

  static std::string partName(const std::string& task, const ExperimentMethod& method, std::int64_t seed) {
    return fmt::format("{}-{}-s{}", task, method.name, seed);
  }

  /// Every mistake of every run before the first one trains.
  Status check() {
    if (request_.tasks.empty()) return Error{"Name at least one task."};
    if (request_.seeds < 1) return Error{"seeds must be 1 or more."};
    if (request_.rows < 0) return Error{"rows must be 0 or more."};
    ROSA_CHECK(experiment::checkMethods(request_.methods));
    std::string problems;
    for (const auto& task : request_.tasks) {
      if (taskOf(task) == nullptr) {
        std::string known;
        for (const auto& entry : kTasks) known += fmt::format("{}{}", known.empty() ? "" : ", ", entry.name);
        return Error{fmt::format("There is no task \"{}\"; choose among {}.", task, known)};
      }
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
    const auto& task = *taskOf(*part.task);
    RunConfig config;
    config.model = request_.model;
    config.data = request_.data / task.name / task.train;
    config.valid = request_.data / task.name / task.valid;
    config.task = task.task;
    config.text = task.text;
    config.textPair = task.textPair;
    config.label = task.label;
    config.maxRows = request_.rows;
    config.saveEvery = {};
    config.seed = part.seed;
    config.threads = request_.threads;
    return experiment::configOf(std::move(config), request_.settings, *part.method);
  }

  [[nodiscard]] Expected<std::optional<Json>> train(const ExperimentFolder& folder, const Part& part) const {
    ROSA_TRY(auto config, configOf(part));
    const experiment::RunPlace place(folder, partName(*part.task, *part.method, part.seed));
    auto result = experiment::trainRun(*engine_, std::move(config), place, watch_);
    if (!result) return Error{fmt::format("{}: {}", whatOf(part), result.error().message)};
    if (!*result) return result;
    auto& figures = **result;
    figures["task"] = *part.task;
    figures["method"] = part.method->name;
    figures["seed"] = part.seed;
    const std::string metric = taskOf(*part.task)->metric;
    if (watch_.report) {
      watch_.report(fmt::format("{}, seed {}: {} {:.3f}, {:.0f} s", whatOf(part), part.seed, metric,
                                experiment::figureOf(figures.at("metrics"), metric),
                                experiment::figureOf(figures, "seconds")));
    }
    return result;
  }

  /// The deciding figure of each seed that is there.
  [[nodiscard]] BySeed figures(const PartResults& results, const std::string& task,
                               const ExperimentMethod& method) const {
    BySeed found;
    for (std::int64_t seed = 0; seed < request_.seeds; ++seed) {
      const auto result = results.find(partName(task, method, seed));
      if (result == results.end()) continue;
      found[seed] = experiment::figureOf(result->second.at("metrics"), taskOf(task)->metric);
    }
    return found;
  }

  /// How many rows the task trains on; empty before its first run has ended.
  [[nodiscard]] std::string trainingRows(const PartResults& results, const std::string& task) const {
    for (const auto& method : request_.methods) {
      for (std::int64_t seed = 0; seed < request_.seeds; ++seed) {
        const auto result = results.find(partName(task, method, seed));
        if (result == results.end()) continue;
        const auto rows = result->second.value("training_rows", std::int64_t{0});
        return fmt::format("{}{}", rows, request_.rows > 0 && rows >= request_.rows ? " (capped)" : "");
      }
    }
    return "";
  }

  [[nodiscard]] Status writePage(const ExperimentFolder& folder, const PartResults& results) const {
    const auto& first = request_.methods.front();
    std::string page = fmt::format(
        "# Understanding: {}\n\nMade by `rosa experiment nlu`; settings in [config.json](config.json), raw figures in "
        "[raw](raw). Development sets, after the last epoch; mean ± half of the 95 % interval (Student) over the "
        "seeds.{}{}\n\n| task | figure |",
        experiment::modelName(request_.model),
        request_.rows > 0
            ? fmt::format(
                  " Of each task at most the first {} training rows are used: figures of capped tasks are below "
                  "those of all rows.",
                  request_.rows)
            : "",
        experiment::devicesText(results));
    std::string rule = "|---|---|";
    std::string differences = fmt::format(
        "\n## Paired differences to {}\n\nPer seed, mean ± half of the 95 % interval. "
        "An interval that holds 0 decides nothing.\n\n| task |",
        first.name);
    std::string differencesRule = "|---|";
    for (const auto& method : request_.methods) {
      page += fmt::format(" {} |", method.name);
      rule += "---|";
      if (&method == &first) continue;
      differences += fmt::format(" {} - {} |", first.name, method.name);
      differencesRule += "---|";
    }
    page += " training rows |\n" + rule + "---|\n";
    differences += "\n" + differencesRule + "\n";
    std::string csv = "task,figure,method,seed,value\n";
    for (const auto& task : request_.tasks) {
      const std::string metric = taskOf(task)->metric;
      page += fmt::format("| {} | {} |", task, metric);
      differences += fmt::format("| {} |", task);
      const auto ofFirst = figures(results, task, first);
      for (const auto& method : request_.methods) {
        const auto values = figures(results, task, method);
        for (const auto& [seed, value] : values) {
          csv += fmt::format("{},{},{},{},{:.6f}\n", task, metric, method.name, seed, value);
        }
        page += fmt::format(" {} |", experiment::meanText(values));
        if (&method != &first) differences += fmt::format(" {} |", experiment::differenceText(ofFirst, values));
      }
      page += fmt::format(" {} |\n", trainingRows(results, task));
      differences += "\n";
    }
    ROSA_CHECK(folder.write("results.csv", csv));
    return folder.write("README.md", page + (request_.methods.size() > 1 ? differences : ""));
  }

  const NluRequest& request_;
  const ExperimentWatch& watch_;
  std::unique_ptr<Engine> engine_;
  std::vector<Part> parts_;
};

}  // namespace

Expected<ExperimentReport> runNluExperiment(const NluRequest& request, const ExperimentWatch& watch) {
  return Nlu(request, watch).run();
}

}  // namespace rosa
