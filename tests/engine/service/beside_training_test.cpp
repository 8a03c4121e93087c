// SPDX-License-Identifier: GPL-3.0-or-later
#include <condition_variable>
#include <functional>
#include <tuple>

#include "engine/service/service_fixture.h"

/// A run's figures are its own, whatever else the same process computes while it trains.
namespace rosa::test {
namespace {

/// Keeps what a run tells, and holds the run back at `lastStep` until it is let go.
class HoldingRecorder final : public EventSink {
 public:
  explicit HoldingRecorder(std::int64_t lastStep) : lastStep_(lastStep) {}

  void receive(const Event& event) override {
    kept.receive(event);
    std::unique_lock lock(mutex_);
    if (const auto* done = std::get_if<StepCompleted>(&event)) step_ = done->step;
    if (std::holds_alternative<RunFailed>(event)) letGo_ = true;
    changed_.notify_all();
    if (step_ == lastStep_) changed_.wait(lock, [this] { return letGo_; });
  }
  /// Returns at the run's next step, at the latest when it waits to be let go.
  void waitForAStep() {
    std::unique_lock lock(mutex_);
    const auto from = step_;
    changed_.wait(lock, [&] { return letGo_ || step_ > from || step_ == lastStep_; });
  }
  void letGo() {
    const std::lock_guard lock(mutex_);
    letGo_ = true;
    changed_.notify_all();
  }

  Recorder kept;

 private:
  const std::int64_t lastStep_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::int64_t step_ = -1;
  bool letGo_ = false;
};

class BesideTraining : public ServiceTest {
 protected:
  /// What may not depend on anything beside the run.
  struct Figures {
    std::vector<std::tuple<std::int64_t, double, double>> steps;             ///< step, loss, gradient norm
    std::vector<std::tuple<std::int64_t, double>> evaluations;               ///< step, loss
    std::vector<std::pair<std::int64_t, std::vector<std::int64_t>>> memory;  ///< step; peak and its parts in bytes
  };

  static Figures figuresOf(const Recorder& events) {
    Figures figures;
    for (const auto& step : events.all<StepCompleted>()) {
      figures.steps.emplace_back(step.step, step.loss, step.gradientNorm);
    }
    for (const auto& evaluation : events.all<EvaluationCompleted>()) {
      figures.evaluations.emplace_back(evaluation.step, evaluation.loss);
    }
    for (const auto& sample : events.all<MemorySampled>()) {
      const auto& parts = sample.parts;
      figures.memory.push_back(
          {sample.step,
           {sample.peakBytes, parts.weightsBytes, parts.trainableBytes, parts.momentsBytes, parts.activationsBytes}});
    }
    return figures;
  }

  [[nodiscard]] RunConfig longConfig(const std::string& name) const {
    auto config = e2eConfig(name);
    config.rank.value = std::int64_t{4};
    config.steps = kSteps;
    config.resampleEvery = {Interval::Unit::Steps, 8};
    config.evalEvery = {Interval::Unit::Steps, 12};
    config.saveEvery = {Interval::Unit::Steps, 20};
    return config;
  }

  static constexpr std::int64_t kSteps = 30;
};

TEST_F(BesideTraining, ExportsAndTheLikeLeaveTheRunsFiguresAsTheyAre) {
  Recorder alone;
  trained(longConfig("alone"), alone);
  const auto expected = figuresOf(alone);
  ASSERT_EQ(expected.steps.size(), static_cast<std::size_t>(kSteps));
  ASSERT_GE(expected.memory.size(), 2U);
  ASSERT_GE(expected.evaluations.size(), 2U);

  HoldingRecorder events(kSteps);
  const auto run = engine_->train(longConfig("beside"), events);
  ASSERT_TRUE(run) << run.error().message;
  const auto otherwise = [&] {
    auto config = e2eConfig();  // other rows, more of them at a time, more threads
    config.data = samples() / "e2e" / "dev.csv";
    config.batch = 16;
    config.threads = 2;
    return config;
  }();
  int exports = 0;
  const std::vector<std::function<void()>> uses = {
      [&] {
        const auto report = engine_->exportRun({path("alone"), path("export" + std::to_string(exports++)), "last"});
        EXPECT_TRUE(report) << report.error().message;
      },
      [&] {
        const auto report = engine_->evaluate({path("alone"), otherwise});
        EXPECT_TRUE(report) << report.error().message;
      },
      [&] {
        GenerationRequest request;
        request.model = sampleModel();
        request.prompts = {"Once upon a time"};
        request.settings.maxNewTokens = 24;
        request.settings.temperature = 1;
        const auto report = engine_->generate(request, {});
        EXPECT_TRUE(report) << report.error().message;
      },
      [&] {
        const auto plan = engine_->plan(otherwise);
        EXPECT_TRUE(plan.problems.empty()) << joinProblems(plan.problems);
      },
      [&] { EXPECT_TRUE(engine_->inspect(path("alone"))); },
  };
  for (const auto& use : uses) {
    events.waitForAStep();
    use();
  }
  EXPECT_FALSE((*run)->ended()) << "or nothing was beside it";
  events.letGo();
  (*run)->wait();
  EXPECT_TRUE((*run)->succeeded());

  const auto figures = figuresOf(events.kept);
  EXPECT_EQ(figures.steps, expected.steps) << "bit for bit";
  EXPECT_EQ(figures.evaluations, expected.evaluations);
  EXPECT_EQ(figures.memory, expected.memory);
}

}  // namespace
}  // namespace rosa::test
