// SPDX-License-Identifier: GPL-3.0-or-later
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "store/catalogue.h"
#include "support/process.h"

/// How long a list of ten thousand runs takes once they have been read: from opening the catalogue to the last record.
///
///   cmake --preset release -DROSA_BUILD_BENCHMARKS=ON && cmake --build build/release --target catalogue_bench
///   build/release/bin/catalogue_bench
namespace rosa::store {
namespace {

constexpr int kRuns = 10'000;

/// Runs of 200 steps each, every tenth with tags and a note.
void makeRuns(const std::filesystem::path& home) {
  std::string events = toJson(RunStarted{}) + '\n';
  StepCompleted done;
  for (done.step = 1; done.step <= 200; ++done.step) {
    done.loss = 1.0 / static_cast<double>(done.step);
    events += toJson(done) + '\n';
  }
  EvaluationCompleted evaluation;
  evaluation.metrics = {{"accuracy", 0.5}, {"f1", 0.25}};
  RunFinished finished;
  finished.outcome = "completed";
  events += toJson(evaluation) + '\n' + toJson(finished) + '\n';
  for (int run = 0; run < kRuns; ++run) {
    const auto folder = home / "runs" / fmt::format("2026-01-01-sweep-{:05}", run);
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "config.yaml") << fmt::format("name: sweep-{}\nmodel: /m/qwen\ndata: /d/e2e.csv\n", run);
    std::ofstream(folder / "log.txt") << fmt::format("2026-01-01T00:{:02}:{:02}Z begun\n", run / 60 % 60, run % 60);
    std::ofstream(folder / "events.jsonl") << events;
    if (run % 10 == 0) std::ofstream(folder / "notes.json") << R"({"tags": ["base", "paper"], "note": "one of ten"})";
  }
}

void ListTenThousandRuns(benchmark::State& state) {
  const test::TemporaryFolder home;
  ::setenv("ROSA_HOME", home.path().c_str(), 1);
  makeRuns(home.path());
  if (auto first = Catalogue::open(home.path()); !first || !first->runs()) state.SkipWithError("no list");
  for (auto _ : state) {
    auto catalogue = Catalogue::open(home.path());
    const auto runs = catalogue->runs();
    if (runs->size() != kRuns) state.SkipWithError("runs are missing");
  }
}
BENCHMARK(ListTenThousandRuns)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rosa::store

BENCHMARK_MAIN();
