// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/bench_scale.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace rosa::cli {

namespace {

using Clock = std::chrono::steady_clock;

/// Counts the tokens of a run's steps and the time between their ends.
class StepClock final : public EventSink {
 public:
  explicit StepClock(std::int64_t untimedSteps) : untimed_(untimedSteps) {}

  void receive(const Event& event) override {
    if (const auto* failed = std::get_if<RunFailed>(&event)) failure_ = failed->message;
    const auto* step = std::get_if<StepCompleted>(&event);
    if (step == nullptr || step->step < untimed_) return;
    last_ = Clock::now();
    if (step->step == untimed_) {
      first_ = last_;
    } else {
      tokens_ += step->tokens;
    }
  }

  [[nodiscard]] Expected<double> tokensPerSecond() const {
    if (!failure_.empty()) return Error{failure_};
    return static_cast<double>(tokens_) / std::chrono::duration<double>(last_ - first_).count();
  }

 private:
  std::int64_t untimed_;
  std::int64_t tokens_ = 0;
  std::string failure_;
  Clock::time_point first_, last_;
};

Expected<double> speedOf(Engine& engine, RunConfig config, std::int64_t untimedSteps) {
  config.out = std::filesystem::temp_directory_path() / fmt::format("rosa-scale-{}-{}", ::getpid(), config.processes);
  StepClock clock(untimedSteps);
  {
    ROSA_TRY(const auto run, engine.train(config, clock));
    run->wait();
  }
  ROSA_CHECK(engine.deleteRun(config.out));
  return clock.tokensPerSecond();
}

double medianOf(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

Expected<nlohmann::ordered_json> benchScale(Engine& engine, RunConfig config, std::int64_t untimedSteps,
                                            std::int64_t rounds) {
  if (config.processes < 2) return Error{"processes: write 2 or more, to be compared with one."};
  config.threads = 1;
  config.evalEvery = config.saveEvery = config.sampleEvery = {};
  config.saveMinutes = 0;
  config.sampleTokens = 0;
  config.validationSplit = 0;
  config.valid.reset();
  auto one = config;
  one.processes = 1;
  auto many = config;
  many.batch = config.batch * config.processes;
  std::vector<double> alone, together, efficiency;
  for (std::int64_t round = 0; round < rounds; ++round) {
    ROSA_TRY(const double first, speedOf(engine, one, untimedSteps));
    ROSA_TRY(const double second, speedOf(engine, many, untimedSteps));
    alone.push_back(first);
    together.push_back(second);
    efficiency.push_back(second / (static_cast<double>(config.processes) * first));
  }
  return nlohmann::ordered_json{{"processes", config.processes},
                                {"batch_each", config.batch},
                                {"steps", config.steps.value_or(0)},
                                {"rounds", rounds},
                                {"tokens_per_second_one", medianOf(alone)},
                                {"tokens_per_second_all", medianOf(together)},
                                {"weak_scaling", medianOf(efficiency)}};
}

}  // namespace rosa::cli
