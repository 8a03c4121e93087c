// SPDX-License-Identifier: GPL-3.0-or-later
#include <QApplication>
#include <QElapsedTimer>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <thread>

#include "jobs/job_pool.h"
#include "settings/preferences.h"
#include "support/example_events.h"
#include "support/fake_engine.h"
#include "support/golden.h"
#include "support/loop_watch.h"
#include "support/widgets.h"
#include "window/main_window.h"

/// How long the window lets an event wait under load: 200 steps and 10,000 log lines a second, 24,000 resamples, and
/// then ten compared runs of a million steps each, as the engine hands them over (see Attached::past).
///
///   cmake --preset release -DROSA_BUILD_BENCHMARKS=ON && cmake --build build/release --target loop_bench
///   QT_QPA_PLATFORM=offscreen build/release/bin/loop_bench
namespace rosa::ui {
namespace {

using namespace std::chrono_literals;

constexpr auto kLoad = 15s;
constexpr int kStepsASecond = 200;
constexpr int kLinesASecond = 10'000;
constexpr int kResamples = 24'000;
constexpr std::int64_t kMillion = 1'000'000;
constexpr std::int64_t kHandedOver = 8'192;

void printWaits(const char* what, const test::LoopWatch& watch) {
  std::printf("%s: %zu events; p50 %.1f ms, p99 %.1f ms, longest %.1f ms\n", what, watch.count(), watch.quantile(0.5),
              watch.quantile(0.99), watch.quantile(1));
  double before = 0;
  for (const double edge : {1.0, 2.0, 4.0, 8.0, 16.0, 33.0, 50.0, 100.0, 1e9}) {
    std::printf("  %6.0f - %-6.0f ms  %zu\n", before, edge, watch.countAbove(before) - watch.countAbove(edge));
    before = edge;
  }
}

/// What the engine hands over of a run of a million steps.
std::vector<Event> millionSteps(int seed) {
  std::vector<Event> events;
  RunStarted started = test::exampleStart();
  started.totalSteps = kMillion;
  events.emplace_back(started);
  for (std::int64_t number = 1; number <= kHandedOver; ++number) {
    StepCompleted step;
    step.step = number * kMillion / kHandedOver;
    step.loss = 2 + std::sin(0.001 * static_cast<double>(number + 100 * seed));
    step.smoothedLoss = step.loss;
    step.tokens = 100;
    events.emplace_back(step);
  }
  RunFinished finished;
  finished.step = kMillion;
  finished.outcome = "completed";
  events.emplace_back(finished);
  return events;
}

/// Sends what `event` makes at a rate, from a thread of its own, for as long as the load lasts.
template <typename Make>
std::jthread sender(test::FakeRun& run, int perSecond, Make make) {
  return std::jthread([&run, perSecond, make](const std::stop_token& stop) {
    const auto begin = std::chrono::steady_clock::now();
    std::int64_t sent = 0;
    while (!stop.stop_requested()) {
      const std::chrono::duration<double> since = std::chrono::steady_clock::now() - begin;
      while (static_cast<double>(sent) < since.count() * perSecond) run.emit(make(++sent));
      std::this_thread::sleep_for(2ms);
    }
  });
}

class LoopBench {
 public:
  LoopBench() {
    for (std::size_t run = 0; run < 10; ++run) {
      RunRecord& record = engine_.records.emplace_back(engine_.records.front());
      record.directory = "/runs/million-" + std::to_string(run);
      record.name = "million-" + std::to_string(run);
      record.status = "completed";
      engine_.events[record.directory] = millionSteps(static_cast<int>(run));
    }
    Places places;
    places.home = folder_.path().toStdString();
    places.sampleConfig = test::sourceDirectory() / "resources/presets/sample.yaml";
    window_ = std::make_unique<MainWindow>(engine_, engine_.processes(), pool_, theme_, preferences_, places);
    window_->resize(1280, 720);
    QElapsedTimer clock;
    clock.start();
    window_->show();
    window_->repaint();
    std::printf("from show to painted: %lld ms\n", static_cast<long long>(clock.elapsed()));
  }

  bool work() {
    const auto canStart = [this] {
      const auto* start = test::findVisible<QPushButton>(*window_, QStringLiteral("start"));
      return start != nullptr && start->isEnabled();
    };
    if (!QTest::qWaitFor(canStart, 60'000)) return false;
    test::click(*window_, QStringLiteral("start"));
    if (!QTest::qWaitFor([this] { return window_->place() == MainWindow::Run; }, 60'000)) return false;
    test::FakeRun& run = *engine_.run();
    const auto steps = sender(run, kStepsASecond, [](std::int64_t number) -> Event {
      StepCompleted step;
      step.step = number;
      step.loss = 2 + std::sin(0.01 * static_cast<double>(number));
      step.gradientNorm = 1;
      step.tokens = 100;
      return step;
    });
    const auto lines = sender(run, kLinesASecond, [](std::int64_t number) -> Event {
      return LogLine{"info", "line " + std::to_string(number)};
    });
    const int aSecond = kResamples / static_cast<int>(kLoad.count());
    const auto resamples = sender(run, aSecond, [](std::int64_t number) -> Event {
      ResampleCompleted resample;
      resample.step = number / 8;
      resample.cycle = number;
      for (int layer = 0; layer < 7; ++layer) {
        resample.layers.push_back({"layers." + std::to_string(layer) + ".q", number % 56, 8, 64});
      }
      return resample;
    });
    measure("Run page", kLoad);
    test::click(*window_, QStringLiteral("History"));
    QTest::qWait(500);
    auto* table = window_->findChild<QTableView*>();
    test::LoopWatch watch;
    watch.setWatching(true);
    int marked = 0;
    for (int row = 0; row < table->model()->rowCount(); ++row) {
      const auto name = table->model()->index(row, 0);
      if (!name.data().toString().startsWith(QStringLiteral("million"))) continue;
      table->setCurrentIndex(name);
      QTest::keyClick(table, Qt::Key_Space);
      ++marked;
    }
    QTest::qWait(5000);
    watch.setWatching(false);
    std::printf("%d runs of a million steps compared\n", marked);
    printWaits("History, ten series of a million points, the load going on", watch);
    engine_.run()->emit(RunFinished{});
    return true;
  }

 private:
  void measure(const char* what, std::chrono::milliseconds time) {
    test::LoopWatch watch;
    watch.setWatching(true);
    QTest::qWait(static_cast<int>(time.count()));
    watch.setWatching(false);
    printWaits(what, watch);
  }

  QTemporaryDir folder_;
  test::FakeEngine engine_;
  JobPool pool_;
  Theme theme_;
  Preferences preferences_{folder_.filePath(QStringLiteral("studio.ini"))};
  std::unique_ptr<MainWindow> window_;
};

}  // namespace
}  // namespace rosa::ui

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  return rosa::ui::LoopBench().work() ? 0 : 1;
}
