// SPDX-License-Identifier: GPL-3.0-or-later
#include <benchmark/benchmark.h>

#include <cmath>
#include <fstream>

#include "host/follow_folder.h"
#include "store/course.h"
#include "store/event_log.h"
#include "store/run_record.h"
#include "support/process.h"

/// What it takes to attach to a finished run of a million steps, to list it, and to go on after a sequence.
///
///   cmake --preset release -DROSA_BUILD_BENCHMARKS=ON && cmake --build build/release --target course_bench
///   build/release/bin/course_bench
namespace rosa {
namespace {

constexpr std::int64_t kSteps = 1'000'000;
constexpr std::int64_t kResampleEvery = 500;

StepCompleted stepOfMany(std::int64_t number) {
  StepCompleted step;
  step.step = number;
  step.epoch = static_cast<double>(number) / 475;
  step.loss = 2 + std::sin(static_cast<double>(number) * 1e-3) + 1 / static_cast<double>(number);
  step.learningRate = 5e-4 * (1 - static_cast<double>(number) / kSteps);
  step.gradientNorm = 1.25 + 0.1 * std::cos(static_cast<double>(number));
  step.tokens = 512 + number % 300;
  step.stepSeconds = 0.0123456789;
  step.tokensPerSecond = 41234.567;
  step.elapsedSeconds = 0.0123456789 * static_cast<double>(number);
  step.remainingSeconds = 0.0123456789 * static_cast<double>(kSteps - number);
  return step;
}

ResampleCompleted resampleOfMany(std::int64_t number) {
  ResampleCompleted resample;
  resample.step = number;
  resample.cycle = number / kResampleEvery;
  for (int layer = 0; layer < 35; ++layer) {
    resample.layers.push_back({"model.layers." + std::to_string(layer / 7) + ".self_attn.q_proj", layer, 8, 64});
  }
  return resample;
}

class MillionSteps {
 public:
  MillionSteps() {
    std::ofstream(folder_.path / "config.yaml") << "name: a million steps\n";
    std::ofstream out(folder_.eventsFile(), std::ios::binary);
    std::int64_t sequence = 0;
    const auto write = [&](const Event& event) { out << toJson(StoredEvent{++sequence, 1.7e9, event}) << '\n'; };
    RunStarted started;
    started.totalSteps = kSteps;
    write(started);
    for (std::int64_t number = 1; number <= kSteps; ++number) {
      write(stepOfMany(number));
      if (number % 10 == 0) {
        MemorySampled memory;
        memory.step = number;
        memory.parts.weightsBytes = 1'000'000 + number;
        write(memory);
      }
      if (number % kResampleEvery == 0) write(resampleOfMany(number));
    }
    RunFinished finished;
    finished.step = kSteps;
    finished.outcome = "completed";
    write(finished);
    newest_ = sequence;
  }
  [[nodiscard]] const store::RunFolder& folder() const { return folder_; }
  [[nodiscard]] std::int64_t newest() const { return newest_; }

 private:
  test::TemporaryFolder temporary_;
  store::RunFolder folder_{temporary_.path()};
  std::int64_t newest_ = 0;
};

const MillionSteps& millionSteps() {
  static const MillionSteps run;
  return run;
}

class Nobody final : public EventSink {
 public:
  void receive(const Event& /*event*/) override {}
};

void AttachToAMillionSteps(benchmark::State& state) {
  const auto& run = millionSteps();
  Nobody sink;
  std::size_t events = 0;
  for (auto _ : state) events = host::followFolder(run.folder(), 0, sink)->past.size();
  state.counters["events"] = static_cast<double>(events);
  state.counters["MB"] = static_cast<double>(std::filesystem::file_size(run.folder().eventsFile())) / 1e6;
}
BENCHMARK(AttachToAMillionSteps)->Unit(benchmark::kMillisecond)->UseRealTime();

void AttachAfterTheLastHundred(benchmark::State& state) {
  const auto& run = millionSteps();
  Nobody sink;
  for (auto _ : state)
    benchmark::DoNotOptimize(host::followFolder(run.folder(), run.newest() - 100, sink)->past.size());
}
BENCHMARK(AttachAfterTheLastHundred)->Unit(benchmark::kMillisecond)->UseRealTime();

void ListARunOfAMillionSteps(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(store::readRunRecord(millionSteps().folder())->step);
}
BENCHMARK(ListARunOfAMillionSteps)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace rosa

BENCHMARK_MAIN();
