// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "rosa/engine.h"
#include "support/device_under_test.h"
#include "support/golden.h"
#include "support/process.h"

/// The engine as its front ends use it, with ROSA_HOME in a temporary folder.
namespace rosa::test {

namespace fs = std::filesystem;
using nlohmann::json;

inline std::string readText(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void writeText(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline json readJson(const fs::path& path) {
  return json::parse(readText(path));
}

/// Keeps what it receives.
class Recorder final : public EventSink {
 public:
  void receive(const Event& event) override {
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
  }

  template <typename Kind>
  [[nodiscard]] std::vector<Kind> all() const {
    const std::lock_guard lock(mutex_);
    std::vector<Kind> found;
    for (const auto& event : events_) {
      if (const auto* one = std::get_if<Kind>(&event)) found.push_back(*one);
    }
    return found;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Event> events_;
};

class ServiceTest : public testing::Test {
 protected:
  ServiceTest() { setenv("ROSA_HOME", home().c_str(), 1); }
  ~ServiceTest() override { unsetenv("ROSA_HOME"); }

  [[nodiscard]] fs::path home() const { return path("home"); }
  [[nodiscard]] fs::path path(const std::string& name) const { return folder_.path() / name; }
  [[nodiscard]] static fs::path samples() { return sourceDirectory() / "resources" / "samples"; }
  [[nodiscard]] static fs::path sampleModel() { return samples() / "stories260k"; }

  /// Random weights of a tiny shape, with the sample's tokenizer.
  fs::path makeModel(const std::string& arch, std::int64_t seed = 1) {
    const auto folder = path(arch + std::to_string(seed));
    const auto made = engine_->initModel({arch, "tiny", seed, folder, sampleModel()});
    EXPECT_TRUE(made) << made.error().message;
    return folder;
  }

  /// A copy of the sample model that may be damaged.
  fs::path copyOfSampleModel() {
    fs::create_directory(path("model"));
    for (const auto& entry : fs::directory_iterator(sampleModel())) {
      writeText(path("model") / entry.path().filename(), readText(entry.path()));
    }
    return path("model");
  }

  /// Completion on some rows of E2E: 64 rows, 4 a step.
  [[nodiscard]] RunConfig e2eConfig(const std::string& name = "run") const {
    RunConfig config;
    config.model = sampleModel();
    config.data = samples() / "e2e" / "train.csv";
    config.task = Task::Completion;
    config.prompt = "mr";
    config.completion = "ref";
    config.maxRows = 64;
    config.batch = 4;
    config.steps = 4;
    config.sampleTokens = 0;
    config.threads = 1;
    config.device = deviceChoice();
    config.out = path(name);
    return config;
  }

  /// What tells its labels plainly, learnt in some dozens of steps with two resamples.
  [[nodiscard]] RunConfig labelledConfig(const fs::path& model, Task task, const fs::path& train,
                                         const fs::path& valid) const {
    RunConfig config = e2eConfig();
    config.model = model;
    config.data = train;
    config.valid = valid;
    config.task = task;
    config.prompt.clear();
    config.completion.clear();
    config.maxLength = 64;
    config.batch = 8;
    config.resampleEvery = {Interval::Unit::Steps, 30};
    config.learningRate = 5e-3;
    config.seed = 4;
    return config;
  }

  /// Of a model on what a run was validated with.
  [[nodiscard]] EvaluationReport evaluatedAsValidated(const fs::path& model, const RunConfig& run) {
    EvaluationRequest request;
    request.model = model;
    request.data = run;
    request.data.data = *run.valid;
    request.data.valid.reset();
    const auto report = engine_->evaluate(request);
    EXPECT_TRUE(report) << report.error().message;
    return report ? *report : EvaluationReport{};
  }

  /// Of a model or a run on the run's own data.
  double lossOf(const fs::path& model, const RunConfig& run, const fs::path& adapter = {}) {
    EvaluationRequest request{model, run};
    request.data.adapter = adapter;
    const auto report = engine_->evaluate(request);
    EXPECT_TRUE(report) << report.error().message;
    return report ? report->loss : 0;
  }

  /// Trains to the end.
  void trained(const RunConfig& config, Recorder& events) {
    auto run = engine_->train(config, events);
    ASSERT_TRUE(run) << run.error().message;
    (*run)->wait();
    for (const auto& failed : events.all<RunFailed>()) ADD_FAILURE() << failed.message;
    ASSERT_TRUE((*run)->succeeded());
  }
  void trained(const RunConfig& config) {
    Recorder events;
    trained(config, events);
  }

  /// Plans, then trains to the end: the plan has no problem, and counts what the run then starts with.
  RunPlan trainedAsPlanned(const RunConfig& config, Recorder& events) {
    auto plan = engine_->plan(config);
    for (const auto& found : plan.problems) ADD_FAILURE() << found.message;
    trained(config, events);
    const auto started = events.all<RunStarted>();
    EXPECT_EQ(started.size(), 1U);
    if (started.size() != 1) return plan;
    EXPECT_EQ(plan.trainableParameters, started[0].trainableParameters);
    EXPECT_EQ(static_cast<std::int64_t>(plan.layers.size()), started[0].adaptedLayers);
    EXPECT_GT(started[0].trainableParameters, 0);
    return plan;
  }
  RunPlan trainedAsPlanned(const RunConfig& config) {
    Recorder events;
    return trainedAsPlanned(config, events);
  }

  /// Everything in the temporary folder.
  [[nodiscard]] std::set<fs::path> everything() const {
    std::set<fs::path> all;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) all.insert(entry.path());
    return all;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Engine> engine_ = createEngine();
};

inline double valueOf(const NamedValues& values, const std::string& name) {
  for (const auto& [key, value] : values) {
    if (key == name) return value;
  }
  ADD_FAILURE() << "no value is called " << name;
  return 0;
}

inline void expectContains(const std::string& text, const std::vector<std::string>& parts) {
  for (const auto& part : parts) EXPECT_NE(text.find(part), std::string::npos) << "no '" << part << "' in: " << text;
}

}  // namespace rosa::test
