// SPDX-License-Identifier: GPL-3.0-or-later
#include <benchmark/benchmark.h>

#include <QApplication>
#include <QTemporaryDir>

#include "models/runs_filter.h"
#include "models/runs_model.h"
#include "settings/preferences.h"
#include "support/fake_engine.h"

/// What the window does with ten thousand runs that were read: show them, search them, sort them.
///
///   cmake --preset release -DROSA_BUILD_BENCHMARKS=ON && cmake --build build/release --target history_bench
///   QT_QPA_PLATFORM=offscreen build/release/bin/history_bench
namespace rosa::ui {
namespace {

constexpr std::size_t kRuns = 10'000;

std::vector<RunRecord> manyRecords() {
  const auto examples = test::FakeEngine().records;
  std::vector<RunRecord> records;
  for (std::size_t run = 0; run < kRuns; ++run) {
    RunRecord& record = records.emplace_back(examples[run % examples.size()]);
    record.directory += std::to_string(run);
    record.name += std::to_string(run);
    if (run % 10 == 0) record.notes = {{"base", "paper"}, "one of ten"};
  }
  return records;
}

struct Shown {
  QTemporaryDir folder;
  Preferences preferences{folder.filePath(QStringLiteral("studio.ini"))};
  RunsModel model{preferences};
  RunsFilter filter{model};
};

void ShowTenThousandRuns(benchmark::State& state) {
  const auto records = manyRecords();
  for (auto _ : state) {
    Shown shown;
    shown.filter.sort(RunsModel::Date, Qt::DescendingOrder);
    shown.model.setRecords(records);
    benchmark::DoNotOptimize(shown.filter.rowCount());
  }
}
BENCHMARK(ShowTenThousandRuns)->Unit(benchmark::kMillisecond);

/// The first search after a change of the list, which reads all texts.
void FirstSearch(benchmark::State& state) {
  const auto records = manyRecords();
  Shown shown;
  shown.filter.sort(RunsModel::Date, Qt::DescendingOrder);
  for (auto _ : state) {
    state.PauseTiming();
    shown.filter.setWords(QString());
    shown.model.setRecords(records);
    state.ResumeTiming();
    shown.filter.setWords(QStringLiteral("paper rosa"));
    benchmark::DoNotOptimize(shown.filter.rowCount());
  }
}
BENCHMARK(FirstSearch)->Unit(benchmark::kMillisecond);

/// From a search that finds a few to all, which puts them back in order.
void EndOfSearch(benchmark::State& state) {
  Shown shown;
  shown.filter.sort(RunsModel::Date, Qt::DescendingOrder);
  shown.model.setRecords(manyRecords());
  for (auto _ : state) {
    state.PauseTiming();
    shown.filter.setWords(QStringLiteral("paper rosa"));
    state.ResumeTiming();
    shown.filter.setWords(QString());
    benchmark::DoNotOptimize(shown.filter.rowCount());
  }
}
BENCHMARK(EndOfSearch)->Unit(benchmark::kMillisecond);

void SortByAColumn(benchmark::State& state) {
  Shown shown;
  shown.model.setRecords(manyRecords());
  bool up = false;
  for (auto _ : state) {
    shown.filter.sort(static_cast<int>(state.range(0)), up ? Qt::AscendingOrder : Qt::DescendingOrder);
    up = !up;
  }
}
BENCHMARK(SortByAColumn)
    ->Arg(RunsModel::Name)
    ->Arg(RunsModel::Metric)
    ->Arg(RunsModel::State)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rosa::ui

int main(int argc, char** argv) {
  const QApplication application(argc, argv);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
