// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <variant>

#include "rosa/engine.h"
#include "rosa/runs.h"
#include "studio_fixture.h"

/// What becomes of a run whose window is ended by the desktop, a shell or an administrator: nothing.
namespace rosa::test {
namespace {

class StudioSignalTest : public StudioE2eTest {
 protected:
  StudioSignalTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

  /// Trains, sends the signal to this process, and ends it there and then: 0 where the run went on and could be
  /// stopped.
  [[noreturn]] void endWhileTraining(int signal) { std::_Exit(trainsUntil(signal) && goesOnAndStops() ? 0 : 1); }

 private:
  bool trainsUntil(int signal) {
    return studio_.waitFor([this] { return canStart(); }) && studio_.press(QStringLiteral("start")) &&
           studio_.waitFor([this] { return studio_.step() >= 5; }) && std::raise(signal) == 0 && ended();
  }
  /// The program's own way out ends this wait too, so what counts is whether the window is gone.
  bool ended() {
    static_cast<void>(studio_.waitFor([this] { return !studio_.window().isVisible(); }));
    return !studio_.window().isVisible();
  }
  static std::int64_t lastStep(Engine& engine, const fs::path& run) {
    std::int64_t last = 0;
    if (const auto events = engine.runEvents(run)) {
      for (const auto& event : *events) {
        if (const auto* step = std::get_if<StepCompleted>(&event)) last = step->step;
      }
    }
    return last;
  }
  static bool waitFor(const std::function<bool()>& condition) {
    for (int i = 0; i < 6000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }
  static bool goesOnAndStops() {
    const auto engine = createEngine();
    const auto runs = engine->runs();
    if (!runs || runs->size() != 1 || runs->front().status != "running") return false;
    const auto folder = runs->front().directory;
    const auto step = lastStep(*engine, folder);
    if (!waitFor([&] { return lastStep(*engine, folder) > step; })) return false;
    std::fprintf(stderr, "went on after step %lld\n", static_cast<long long>(step));
    const auto processes = localRuns("rosa");
    return processes->send(folder, StopRun{}).hasValue() &&
           waitFor([&] { return engine->runs()->front().status == "stopped"; }) && engine->runs()->front().resumable;
  }
};

TEST_F(StudioSignalTest, ARunGoesOnWhenItsWindowIsTerminated) {
  EXPECT_EXIT(endWhileTraining(SIGTERM), testing::ExitedWithCode(0), "went on after step");
}

TEST_F(StudioSignalTest, ARunGoesOnWhenTheTerminalOfItsWindowGoes) {
  EXPECT_EXIT(endWhileTraining(SIGHUP), testing::ExitedWithCode(0), "went on after step");
}

}  // namespace
}  // namespace rosa::test
