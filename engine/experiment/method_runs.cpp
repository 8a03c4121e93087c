// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/method_runs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <mutex>
#include <set>
#include <string_view>
#include <system_error>
#include <thread>

namespace rosa::experiment {

using base::Json;

namespace {

Json object(const NamedValues& named) {
  Json values = Json::object();
  for (const auto& [name, value] : named) values[name] = value;
  return values;
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
  [[nodiscard]] Json figures() const {
    Json byEvaluation = Json::array();
    for (const auto& evaluation : evaluations_) {
      Json figures = {{"step", evaluation.step}, {"loss", evaluation.loss}};
      figures.update(object(evaluation.metrics));
      byEvaluation.push_back(std::move(figures));
    }
    return {{"device", started_.device},
            {"trainable", started_.trainableParameters},
            {"training_rows", started_.trainExamples},
            {"metrics", evaluations_.empty() ? Json::object() : object(evaluations_.back().metrics)},
            {"loss", evaluations_.empty() ? Json() : Json(evaluations_.back().loss)},
            {"by_evaluation", byEvaluation},
            {"seconds", finished_.elapsedSeconds},
            {"peak_resident_bytes", finished_.peakResidentBytes}};
  }

 private:
  std::mutex mutex_;
  RunStarted started_;
  std::vector<EvaluationCompleted> evaluations_;
  RunFinished finished_;
  std::string failure_;
};

Status apply(RunConfig& config, const std::vector<std::string>& settings) {
  for (const auto& setting : settings) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos) {
      return Error{fmt::format("\"{}\" is no setting; write KEY=VALUE, such as lr=1e-3.", setting)};
    }
    ROSA_CHECK(setConfigField(config, setting.substr(0, equals), setting.substr(equals + 1)));
  }
  return {};
}

bool fitsFileName(const std::string& name) {
  constexpr std::string_view kMarks = "-_.+";
  const auto fits = [&](unsigned char c) {
    return (c < 0x80 && std::isalnum(c) != 0) || kMarks.find(static_cast<char>(c)) != std::string_view::npos;
  };
  return !name.empty() && name.front() != '.' && std::ranges::all_of(name, fits);
}

}  // namespace

Status checkMethods(const std::vector<ExperimentMethod>& methods) {
  if (methods.empty()) return Error{"Name at least one method."};
  std::set<std::string> names;
  for (const auto& method : methods) {
    if (!fitsFileName(method.name)) {
      return Error{fmt::format("\"{}\" is no name for a method; use letters, digits, and - _ . +", method.name)};
    }
    if (!names.insert(method.name).second) {
      return Error{fmt::format("Two methods are called \"{}\"; give each a name of its own.", method.name)};
    }
  }
  return {};
}

Expected<RunConfig> configOf(RunConfig base, const std::vector<std::string>& settings, const ExperimentMethod& method) {
  ROSA_CHECK(apply(base, settings));
  ROSA_CHECK(apply(base, method.settings));
  return base;
}

std::string mistakesOf(Engine& engine, RunConfig config, const std::string& what) {
  config.out.clear();
  std::string mistakes;
  for (const auto& problem : engine.plan(config).problems) {
    mistakes += fmt::format("{}{}: {}", mistakes.empty() ? "" : "\n", what, problem.message);
  }
  return mistakes;
}

std::string modelName(const std::filesystem::path& model) {
  return (model.filename().empty() ? model.parent_path() : model).filename().string();
}

void describeRuns(Json& config, const std::filesystem::path& model, const std::vector<ExperimentMethod>& methods,
                  const std::vector<std::string>& settings, std::int64_t threads) {
  Json byName = Json::object();
  for (const auto& method : methods) byName[method.name] = method.settings;
  config["model"] = modelName(model);
  config["methods"] = byName;
  config["settings"] = settings;
  config["threads"] = threads;
}

void RunPlace::clear() const {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string devicesText(const PartResults& results) {
  std::set<std::string> devices;
  for (const auto& [part, result] : results) {
    if (const auto device = result.value("device", std::string()); !device.empty()) devices.insert(device);
  }
  return devices.empty() ? "" : fmt::format(" Trained on {}.", fmt::join(devices, " and "));
}

Expected<std::optional<Json>> trainRun(Engine& engine, RunConfig config, const RunPlace& place,
                                       const ExperimentWatch& watch) {
  config.out = place.path();
  const auto stopped = [&] { return watch.stop && watch.stop(); };
  Outcome outcome;
  ROSA_TRY(const auto run, engine.train(config, outcome));
  while (!run->ended()) {
    if (stopped()) run->stop(StopMode::Discard);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  run->wait();
  if (stopped()) return std::optional<Json>();
  if (!run->succeeded()) return Error{outcome.failure()};
  return std::optional(outcome.figures());
}

}  // namespace rosa::experiment
