// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <variant>

#include "rosa/engine.h"
#include "studio_fixture.h"

/// What a window does whose desktop, shell or administrator wants it to end while a run is training.
namespace rosa::test {
namespace {

class StudioSignalTest : public StudioE2eTest {
 protected:
  StudioSignalTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

  /// Trains, sends the signal to this process, and ends it there and then: 0 where the run was saved.
  [[noreturn]] void endWhileTraining(int signal) { std::_Exit(trainsUntil(signal) && wasSaved() ? 0 : 1); }

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
  bool wasSaved() {
    const auto engine = createEngine();
    const auto runs = engine->runs();
    if (!runs || runs->size() != 1) return false;
    const auto& run = runs->front();
    std::fprintf(stderr, "%s at step %lld\n", run.status.c_str(), static_cast<long long>(run.step));
    const auto events = engine->runEvents(run.directory);
    return events && run.status == "stopped" && run.resumable &&
           std::any_of(events->begin(), events->end(), [&](const Event& event) {
             const auto* saved = std::get_if<CheckpointSaved>(&event);
             return saved != nullptr && saved->verified && saved->step == run.step;
           });
  }
};

TEST_F(StudioSignalTest, SavesTheRunOnSigterm) {
  EXPECT_EXIT(endWhileTraining(SIGTERM), testing::ExitedWithCode(0), "stopped at step");
}

TEST_F(StudioSignalTest, SavesTheRunWhenItsTerminalGoes) {
  EXPECT_EXIT(endWhileTraining(SIGHUP), testing::ExitedWithCode(0), "stopped at step");
}

}  // namespace
}  // namespace rosa::test
