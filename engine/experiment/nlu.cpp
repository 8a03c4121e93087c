// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "base/json.h"
#include "experiment/experiment_folder.h"
#include "metrics/interval.h"
#include "rosa/engine.h"
#include "rosa/experiment.h"

namespace rosa {

namespace {

using base::Json;
using experiment::ExperimentFolder;
namespace fs = std::filesystem;

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
    NluTask{"WiC", "train.jsonl", "val.jsonl", "sentence1", "sentence2", "label", Task::Classification, "accuracy"}};

const NluTask* taskOf(const std::string& name) {
  const auto* found = std::ranges::find_if(kTasks, [&](const NluTask& task) { return task.name == name; });
  return found == kTasks.end() ? nullptr : found;
}

/// What a run tells that is kept.
class Outcome final : public EventSink {
 public:
  void receive(const Event& event) override {
    const std::lock_guard lock(mutex_);
    if (const auto* started = std::get_if<RunStarted>(&event)) started_ = *started;
    if (const auto* evaluated = std::get_if<EvaluationCompleted>(&event)) evaluations_.push_back(*evaluated);
    if (const auto* finished = std::get_if<RunFinished>(&event)) finished_ = *finished;
    if (const auto* failed = std::get_if<RunFailed>(&event)) failure_ = failed->message;
  }

  // After the run has ended.
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] Json json() const {
    Json byEpoch = Json::array();
    for (const auto& evaluation : evaluations_) byEpoch.push_back(values(evaluation.metrics));
    return {{"trainable", started_.trainableParameters},
            {"metrics", evaluations_.empty() ? Json::object() : values(evaluations_.back().metrics)},
            {"loss", evaluations_.empty() ? 0.0 : evaluations_.back().loss},
            {"by_evaluation", byEpoch},
            {"seconds", finished_.elapsedSeconds},
            {"peak_resident_bytes", finished_.peakResidentBytes}};
  }

 private:
  static Json values(const NamedValues& named) {
    Json object = Json::object();
    for (const auto& [name, value] : named) object[name] = value;
    return object;
  }

  std::mutex mutex_;
  RunStarted started_;
  std::vector<EvaluationCompleted> evaluations_;
  RunFinished finished_;
  std::string failure_;
};

class Nlu {
 public:
  Nlu(const NluRequest& request, const ExperimentWatch& watch)
      : request_(request), watch_(watch), engine_(createEngine()) {}

  Expected<ExperimentReport> run() {
    ROSA_CHECK(check());
    ROSA_TRY(auto folder, ExperimentFolder::open(request_.destination, config()));
    ExperimentReport report{folder.path(), 0, 0};
    for (std::int64_t seed = 0; seed < request_.seeds; ++seed) {
      for (const auto& task : request_.tasks) {
        for (const auto& method : request_.methods) {
          ++report.parts;
          const auto part = partName(task, method.name, seed);
          if (!folder.has(part)) {
            if (stopped()) continue;
            ROSA_TRY(const auto result, train(folder, task, method, seed));
            if (result.is_null()) continue;
            ROSA_CHECK(folder.store(part, result));
            ROSA_CHECK(writePage(folder));
          }
          ++report.finished;
        }
      }
    }
    ROSA_CHECK(writePage(folder));
    return report;
  }

 private:
  [[nodiscard]] bool stopped() const { return watch_.stop && watch_.stop(); }
  static std::string partName(const std::string& task, const std::string& method, std::int64_t seed) {
    return fmt::format("{}-{}-s{}", task, method, seed);
  }

  /// Every mistake of every run before the first one trains.
  Status check() {
    if (request_.seeds < 1) return Error{"seeds must be 1 or more."};
    std::string problems;
    for (const auto& task : request_.tasks) {
      if (taskOf(task) == nullptr) {
        std::string known;
        for (const auto& entry : kTasks) known += fmt::format("{}{}", known.empty() ? "" : ", ", entry.name);
        return Error{fmt::format("There is no task \"{}\"; choose among {}.", task, known)};
      }
      for (const auto& method : request_.methods) {
        auto config = configOf(task, method, 0);
        if (!config) return config.error();
        config->out.clear();
        for (const auto& problem : engine_->plan(*config).problems) {
          problems += fmt::format("{}{} with {}: {}", problems.empty() ? "" : "\n", task, method.name, problem.message);
        }
      }
    }
    return problems.empty() ? Status() : Status(Error{problems});
  }

  [[nodiscard]] Json config() const {
    Json methods = Json::object();
    for (const auto& method : request_.methods) methods[method.name] = method.settings;
    return {{"experiment", "nlu"},        {"model", request_.model.filename().string()},
            {"tasks", request_.tasks},    {"methods", methods},
            {"seeds", request_.seeds},    {"settings", request_.settings},
            {"threads", request_.threads}};
  }

  /// The settings of all runs, then those of the method.
  [[nodiscard]] Expected<RunConfig> configOf(const std::string& taskName, const NluMethod& method,
                                             std::int64_t seed) const {
    const auto& task = *taskOf(taskName);
    RunConfig config;
    config.model = request_.model;
    config.data = request_.data / task.name / task.train;
    config.valid = request_.data / task.name / task.valid;
    config.task = task.task;
    config.text = task.text;
    config.textPair = task.textPair;
    config.label = task.label;
    config.saveEvery = {};
    config.seed = seed;
    config.threads = request_.threads;
    for (const auto* settings : {&request_.settings, &method.settings}) {
      for (const auto& setting : *settings) {
        const auto equals = setting.find('=');
        if (equals == std::string::npos) {
          return Error{fmt::format("\"{}\" is no setting; write KEY=VALUE, such as lr=1e-3.", setting)};
        }
        ROSA_CHECK(setConfigField(config, setting.substr(0, equals), setting.substr(equals + 1)));
      }
    }
    return config;
  }

  /// Null where the experiment was stopped meanwhile.
  [[nodiscard]] Expected<Json> train(const ExperimentFolder& folder, const std::string& task, const NluMethod& method,
                                     std::int64_t seed) const {
    ROSA_TRY(auto config, configOf(task, method, seed));
    const auto place = folder.path() / "run";
    std::error_code ignored;
    fs::remove_all(place, ignored);  // of a run that was interrupted
    config.out = place;
    Outcome outcome;
    ROSA_TRY(const auto run, engine_->train(config, outcome));
    while (!run->ended()) {
      if (stopped()) run->stop(StopMode::Discard);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    run->wait();
    if (stopped()) {
      fs::remove_all(place, ignored);
      return Json();
    }
    if (!run->succeeded()) return Error{fmt::format("{} with {}: {}", task, method.name, outcome.failure())};
    auto result = outcome.json();
    result["task"] = task;
    result["method"] = method.name;
    result["seed"] = seed;
    fs::remove_all(place, ignored);
    const std::string metric = taskOf(task)->metric;
    if (watch_.report) {
      watch_.report(fmt::format("{} with {}, seed {}: {} {:.3f}, {:.0f} s", task, method.name, seed, metric,
                                result.at("metrics").value(metric, std::numeric_limits<double>::quiet_NaN()),
                                result.at("seconds").get<double>()));
    }
    return result;
  }

  /// The deciding figure of each seed that is there, by seed.
  [[nodiscard]] std::map<std::int64_t, double> figures(const ExperimentFolder& folder, const std::string& task,
                                                       const std::string& method) const {
    std::map<std::int64_t, double> found;
    for (std::int64_t seed = 0; seed < request_.seeds; ++seed) {
      const auto part = partName(task, method, seed);
      if (!folder.has(part)) continue;
      const auto result = folder.load(part);
      if (!result) continue;
      found[seed] = result->at("metrics").value(taskOf(task)->metric, std::numeric_limits<double>::quiet_NaN());
    }
    return found;
  }

  [[nodiscard]] Status writePage(const ExperimentFolder& folder) const {
    std::string page = fmt::format(
        "# Understanding: {}\n\nMade by `rosa experiment nlu`; settings in [config.json](config.json), raw figures in "
        "[raw](raw). Development sets; mean ± half of the 95 % interval (Student) over the seeds.\n\n| task | figure |",
        request_.model.filename().string());
    std::string rule = "|---|---|";
    for (const auto& method : request_.methods) {
      page += fmt::format(" {} |", method.name);
      rule += "---|";
    }
    page += "\n" + rule + "\n";
    std::string differences = fmt::format(
        "\n## Paired differences to {}\n\nPer seed, mean ± half of the 95 % interval. "
        "An interval that holds 0 decides nothing.\n\n| task |",
        request_.methods.front().name);
    for (std::size_t i = 1; i < request_.methods.size(); ++i) {
      differences += fmt::format(" {} - {} |", request_.methods.front().name, request_.methods[i].name);
    }
    differences += "\n|---|";
    for (std::size_t i = 1; i < request_.methods.size(); ++i) differences += "---|";
    differences += "\n";
    std::string csv = "task,figure,method,seed,value\n";
    for (const auto& task : request_.tasks) {
      const std::string metric = taskOf(task)->metric;
      page += fmt::format("| {} | {} |", task, metric);
      differences += fmt::format("| {} |", task);
      std::map<std::int64_t, double> first;
      for (std::size_t i = 0; i < request_.methods.size(); ++i) {
        const auto values = figures(folder, task, request_.methods[i].name);
        std::vector<double> own;
        std::vector<double> left;
        std::vector<double> right;
        for (const auto& [seed, value] : values) {
          csv += fmt::format("{},{},{},{},{:.6f}\n", task, metric, request_.methods[i].name, seed, value);
          own.push_back(value);
          if (const auto same = first.find(seed); same != first.end()) {
            left.push_back(same->second);
            right.push_back(value);
          }
        }
        page += fmt::format(" {} |", text(metrics::meanInterval(own)));
        if (i == 0) {
          first = values;
        } else {
          differences += fmt::format(" {} |", text(metrics::pairedInterval(left, right)));
        }
      }
      page += "\n";
      differences += "\n";
    }
    ROSA_CHECK(folder.write("results.csv", csv));
    return folder.write("README.md", page + (request_.methods.size() > 1 ? differences : ""));
  }

  static std::string text(const metrics::Interval& interval) {
    if (interval.count == 0) return "";
    if (!std::isfinite(interval.half)) return fmt::format("{:.3f} (one seed)", interval.mean);
    return fmt::format("{:.3f} ± {:.3f}", interval.mean, interval.half);
  }

  const NluRequest& request_;
  const ExperimentWatch& watch_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace

Expected<ExperimentReport> runNluExperiment(const NluRequest& request, const ExperimentWatch& watch) {
  if (request.tasks.empty() || request.methods.empty()) return Error{"Name at least one task and one method."};
  return Nlu(request, watch).run();
}

}  // namespace rosa
