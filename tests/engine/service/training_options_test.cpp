// SPDX-License-Identifier: GPL-3.0-or-later
#include <sstream>

#include "engine/service/service_fixture.h"

/// Optimizers, averaged weights and early stopping as whole runs have them.
namespace rosa::test {
namespace {

class TrainingOptions : public ServiceTest {
 protected:
  /// Evaluated after every fourth step, on a few rows of another file.
  [[nodiscard]] RunConfig evaluatedConfig(const std::string& name) const {
    constexpr int kRows = 12;
    std::istringstream rows(readText(samples() / "e2e" / "dev.csv"));
    std::string few;
    std::string line;
    for (int row = 0; row <= kRows && std::getline(rows, line); ++row) few += line + "\n";
    writeText(path("valid.csv"), few);
    auto config = e2eConfig(name);
    config.valid = path("valid.csv");
    config.validationSplit = 0;
    config.evalEvery = {Interval::Unit::Steps, 4};
    return config;
  }
};

TEST_F(TrainingOptions, WhatIsExportedIsTheAverageThatWasEvaluated) {
  for (const auto method : {Method::Rosa, Method::Lora, Method::Full}) {
    const auto name = "run" + std::to_string(static_cast<int>(method));
    auto config = evaluatedConfig(name);
    config.method = method;
    config.ema = 0.9;
    Recorder events;
    trained(config, events);
    const auto report = engine_->exportRun({config.out, path(name + "-merged"), "last"});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_LT(report->largestLogitDifference, 1e-4);
    EvaluationRequest request;
    request.model = path(name + "-merged");
    request.data = config;
    request.data.data = *config.valid;
    request.data.valid.reset();
    const auto evaluated = engine_->evaluate(request);
    ASSERT_TRUE(evaluated) << evaluated.error().message;
    EXPECT_NEAR(evaluated->loss, events.all<EvaluationCompleted>().back().loss, 1e-5);
  }
}

TEST_F(TrainingOptions, ARunThatStoppedEarlyIsComplete) {
  auto config = evaluatedConfig("run");
  config.evalEvery = {Interval::Unit::Steps, 1};
  config.steps = 30;
  config.schedule = Schedule::Constant;
  config.warmup = {};
  config.learningRate = 2;  // so large that nothing gets better
  config.clip = 0;
  config.earlyStopping = 2;
  config.keepBest = 2;
  Recorder events;
  trained(config, events);
  const auto finished = events.all<RunFinished>();
  ASSERT_EQ(finished.size(), 1U);
  EXPECT_EQ(finished[0].outcome, "completed");
  EXPECT_LT(finished[0].step, 30);
  Recorder again;
  const auto resumed = engine_->resume(config.out, again);
  ASSERT_FALSE(resumed);
  expectContains(resumed.error().message, {"stopped early", "early-stopping"});
}

TEST_F(TrainingOptions, APlanForeseesWhatTheOptimizerKeeps) {
  for (const auto method : {Method::Rosa, Method::Full}) {
    for (const auto optimizer : {Optimizer::AdamW, Optimizer::Adam, Optimizer::Sgd, Optimizer::Adafactor,
                                 Optimizer::Lion, Optimizer::Muon, Optimizer::AdamW8bit}) {
      auto config =
          e2eConfig("run" + std::to_string(static_cast<int>(method)) + std::to_string(static_cast<int>(optimizer)));
      config.method = method;
      config.optimizer = optimizer;
      config.steps = 1;
      config.warmup = {};
      config.ema = 0.5;
      const auto plan = engine_->plan(config);
      Recorder events;
      trained(config, events);
      const auto measured = events.all<MemorySampled>().back().parts;
      // The arena pads to 64 bytes.
      EXPECT_NEAR(static_cast<double>(plan.memory.momentsBytes), static_cast<double>(measured.momentsBytes),
                  0.02 * static_cast<double>(measured.momentsBytes) + 100)
          << static_cast<int>(optimizer);
      EXPECT_NEAR(static_cast<double>(plan.memory.trainableBytes), static_cast<double>(measured.trainableBytes),
                  0.02 * static_cast<double>(measured.trainableBytes));
    }
  }
}

TEST_F(TrainingOptions, EarlyStoppingWithoutValidationDataIsTold) {
  auto config = e2eConfig();
  config.validationSplit = 0;
  config.evalEvery = {Interval::Unit::Steps, 1};
  config.earlyStopping = 2;
  const auto plan = engine_->plan(config);
  ASSERT_EQ(plan.problems.size(), 1U) << joinProblems(plan.problems);
  EXPECT_EQ(plan.problems[0].key, "early-stopping");
  Recorder events;
  const auto run = engine_->train(config, events);
  ASSERT_FALSE(run);
  expectContains(run.error().message, {"early-stopping", "validation-split"});
}

}  // namespace
}  // namespace rosa::test
