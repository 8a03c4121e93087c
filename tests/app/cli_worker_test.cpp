// SPDX-License-Identifier: GPL-3.0-or-later
#include <signal.h>

#include <chrono>
#include <iostream>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "cli_fixture.h"

namespace rosa::test {
namespace {

using std::chrono::milliseconds;

/// Runs that are processes of their own, steered and watched from others.
class CliWorker : public CliFixture {
 protected:
  ~CliWorker() override {
    // None outlives its folder.
    static_cast<void>(rosa({"send", run_.string(), "discard"}));
    static_cast<void>(waitFor([this] { return status(run_) != "running"; }));
  }

  [[nodiscard]] std::vector<std::string> background(const fs::path& run, std::vector<std::string> more) const {
    auto arguments = trainArguments(run, {"--background"});
    // These are the run's own to tell.
    const auto events = std::ranges::find(arguments, "--events");
    arguments.erase(events, events + 2);
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  [[nodiscard]] std::vector<json> told(const fs::path& run) const {
    std::ifstream in(run / "events.jsonl");
    std::vector<json> all;
    for (std::string line; std::getline(in, line);) {
      // The last line may still be written.
      if (auto event = json::parse(line, nullptr, false); event.is_object()) all.push_back(std::move(event));
    }
    return all;
  }
  [[nodiscard]] std::size_t count(const fs::path& run, const std::string& name) const {
    return named(told(run), name).size();
  }
  /// Of one run, as lists have it; empty where it is not listed.
  [[nodiscard]] std::string status(const fs::path& run) const {
    const auto listed = rosa({"runs", "list", "--json"});
    for (const auto& record : json::parse(listed.output)) {
      if (record.at("directory") == run.string()) return record.at("status");
    }
    return {};
  }
  [[nodiscard]] static bool waitFor(const std::function<bool()>& condition) {
    // Long enough for a machine that does something else.
    for (int i = 0; i < 6000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(milliseconds(20));
    }
    return false;
  }
  /// The processes that train in a folder, by their command lines.
  [[nodiscard]] static std::vector<pid_t> workers(const fs::path& run) {
    std::vector<pid_t> found;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      std::ifstream in(entry.path() / "cmdline");
      const std::string line{std::istreambuf_iterator<char>(in), {}};
      if (line.find(std::string("worker\0", 7) + run.string()) != std::string::npos) {
        found.push_back(std::atoi(entry.path().filename().c_str()));
      }
    }
    std::ranges::sort(found);
    return found;
  }

  fs::path run_ = folder_.path() / "run";
};

TEST_F(CliWorker, ARunOutlivesItsStarterAndDoesWhatItIsTold) {
  const auto started = rosa(background(
      run_, {"--steps", "100000", "--eval-every", "never", "--save-every", "never", "--sample-tokens", "4"}));
  ASSERT_EQ(started.exitCode, 0) << started.error;
  EXPECT_EQ(started.output, run_.string() + "\n");
  EXPECT_EQ(status(run_), "running");
  ASSERT_TRUE(waitFor([this] { return count(run_, "step_completed") >= 2; }));

  ASSERT_EQ(rosa({"send", run_.string(), "pause"}).exitCode, 0);
  ASSERT_TRUE(waitFor([this] { return told(run_).back().value("phase", "") == "paused"; }));
  const auto steps = count(run_, "step_completed");
  ASSERT_EQ(rosa({"send", run_.string(), "sample", "Once upon a time"}).exitCode, 0);
  ASSERT_EQ(rosa({"send", run_.string(), "resample"}).exitCode, 0);
  ASSERT_EQ(rosa({"send", run_.string(), "evaluate"}).exitCode, 0);
  ASSERT_EQ(rosa({"send", run_.string(), "rate", "0.00025"}).exitCode, 0);
  ASSERT_EQ(rosa({"send", run_.string(), "save"}).exitCode, 0);
  ASSERT_TRUE(waitFor([this] { return count(run_, "checkpoint_saved") == 1; }));
  EXPECT_EQ(count(run_, "step_completed"), steps) << "it is paused all the while";
  const auto samples = named(told(run_), "text_sampled");
  EXPECT_EQ(samples.back().at("prompt"), "Once upon a time");
  EXPECT_EQ(samples.back().at("reason"), "asked");
  EXPECT_GE(named(told(run_), "resample_completed").back().at("cycle"), 1);
  EXPECT_EQ(count(run_, "evaluation_completed"), 1U);

  ASSERT_EQ(rosa({"send", run_.string(), "unpause"}).exitCode, 0);
  ASSERT_TRUE(waitFor([&] { return count(run_, "step_completed") > steps + 1; }));
  EXPECT_NE(named(told(run_), "step_completed").back().at("learning_rate"),
            named(told(run_), "step_completed").front().at("learning_rate"));
  const auto refused = rosa({"send", run_.string(), "rate", "fast"});
  EXPECT_EQ(refused.exitCode, kWrongInput);
  EXPECT_NE(refused.error.find("above 0"), std::string::npos) << refused.error;

  ASSERT_EQ(rosa({"send", run_.string(), "stop"}).exitCode, 0);
  ASSERT_TRUE(waitFor([this] { return status(run_) == "stopped"; }));
  const auto all = told(run_);
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i].at("sequence"), i + 1);
  EXPECT_EQ(named(all, "command_received").size(), 8U);
  EXPECT_TRUE(waitFor([this] { return workers(run_).empty(); }));
  const auto late = rosa({"send", run_.string(), "save"});
  EXPECT_EQ(late.exitCode, kWrongInput);
  EXPECT_NE(late.error.find("rosa resume"), std::string::npos) << late.error;
}

TEST_F(CliWorker, AKilledRunSaysSoAndGoesOn) {
  ASSERT_EQ(rosa(background(run_, {"--steps", "100000", "--save-every", "2steps"})).exitCode, 0);
  ASSERT_TRUE(waitFor([this] { return count(run_, "checkpoint_saved") >= 1; }));
  const auto processes = workers(run_);
  ASSERT_EQ(processes.size(), 2U) << "one trains, one watches over it";
  ::kill(processes.back(), SIGKILL);
  ASSERT_TRUE(waitFor([this] { return count(run_, "worker_ended") == 1; }));
  const auto shown = json::parse(rosa({"runs", "show", run_.string(), "--json"}).output);
  EXPECT_EQ(shown.at("status"), "interrupted");
  EXPECT_NE(shown.at("message").get<std::string>().find("killed"), std::string::npos) << shown;

  ASSERT_EQ(rosa({"resume", run_.string(), "--background"}).exitCode, 0);
  const auto steps = count(run_, "step_completed");
  ASSERT_TRUE(waitFor([&] { return count(run_, "step_completed") > steps; }));
  // Nobody is left who could say how it ended.
  for (const auto process : workers(run_)) ::kill(process, SIGKILL);
  ASSERT_TRUE(waitFor([this] { return status(run_) == "interrupted"; }));
  ASSERT_EQ(rosa({"resume", run_.string(), "--background"}).exitCode, 0);
  EXPECT_GE(named(told(run_), "run_started").back().at("first_step"), 2);
}

TEST_F(CliWorker, ASystemThatGoesDownSavesTheRun) {
  ASSERT_EQ(rosa(background(run_, {"--steps", "100000", "--save-every", "never"})).exitCode, 0);
  ASSERT_TRUE(waitFor([this] { return count(run_, "step_completed") >= 1; }));
  for (const auto process : workers(run_)) ::kill(process, SIGTERM);
  ASSERT_TRUE(waitFor([this] { return status(run_) == "stopped"; }));
  EXPECT_EQ(count(run_, "checkpoint_saved"), 1U);
}

TEST_F(CliWorker, TheNextOneOfTheQueueBeginsByItself) {
  const auto second = folder_.path() / "second";
  ASSERT_EQ(rosa(background(run_, {"--steps", "100000"})).exitCode, 0);
  const auto queued = rosa(background(second, {"--steps", "2"}));
  ASSERT_EQ(queued.exitCode, 0) << queued.error;
  EXPECT_NE(queued.output.find("waits for its turn"), std::string::npos) << queued.output;
  EXPECT_EQ(status(second), "queued");
  const auto queue = json::parse(rosa({"queue", "--json"}).output);
  ASSERT_EQ(queue.size(), 1U);
  EXPECT_EQ(queue[0].at("folder"), second.string());
  ASSERT_EQ(rosa({"send", run_.string(), "discard"}).exitCode, 0);
  ASSERT_TRUE(waitFor([&] { return status(second) == "completed"; }));
  EXPECT_EQ(json::parse(rosa({"queue", "--json"}).output).size(), 0U);
}

TEST_F(CliWorker, SeveralOfTheQueueTrainAtOnceWhereMemoryAllowsIt) {
  const auto second = folder_.path() / "second";
  EXPECT_EQ(rosa({"queue", "at-once"}).output, "one\n");
  ASSERT_EQ(rosa(background(run_, {"--steps", "100000"})).exitCode, 0);
  ASSERT_EQ(rosa(background(second, {"--steps", "2"})).exitCode, 0);
  EXPECT_EQ(status(second), "queued");
  ASSERT_EQ(rosa({"queue", "at-once", "memory"}).exitCode, 0);
  EXPECT_EQ(rosa({"queue", "at-once"}).output, "memory\n");
  ASSERT_TRUE(waitFor([&] { return status(second) == "completed"; })) << "both are small";
  EXPECT_EQ(status(run_), "running");
  EXPECT_NE(rosa({"queue", "at-once", "many"}).exitCode, 0);
}

/// How often runs and those who watch them are killed; 200 for the full proof (ROSA_KILLS=200).
int killsOfWorkers() {
  const char* given = std::getenv("ROSA_KILLS");
  return given != nullptr ? std::atoi(given) : 8;
}

TEST_F(CliWorker, WhateverIsKilledNothingThatWasShownIsLostAndTheRunGoesOn) {
  std::mt19937 random(20261129);
  const auto below = [&random](int bound) { return std::uniform_int_distribution<>(0, bound - 1)(random); };
  std::size_t shown = 0;
  for (int kill = 0; kill < killsOfWorkers() && !HasFailure(); ++kill) {
    SCOPED_TRACE(kill);
    const bool saved = fs::exists(run_ / "checkpoints") && !fs::is_empty(run_ / "checkpoints");
    if (!saved) fs::remove_all(run_);
    const auto begun =
        saved ? rosa({"resume", run_.string(), "--background"})
              : rosa(background(run_, {"--steps", "100000", "--save-every", "1steps", "--sample-tokens", "0"}));
    ASSERT_EQ(begun.exitCode, 0) << begun.error;
    Process follower({program().string(), "attach", run_.string(), "--events", "jsonl"}, environment());
    const auto steps = count(run_, "step_completed");
    ASSERT_TRUE(waitFor([&] { return count(run_, "step_completed") > steps; }));
    std::this_thread::sleep_for(milliseconds(below(400)));
    // The one that trains, the one that watches over it too, or the one that only looks on.
    const auto processes = workers(run_);
    ASSERT_EQ(processes.size(), 2U);
    const int victim = below(3);
    if (victim == 2) {
      follower.signal(SIGKILL);
      EXPECT_TRUE(waitFor([&] { return count(run_, "step_completed") > steps + 1; })) << "the run does not notice";
    }
    ::kill(processes.back(), SIGKILL);
    if (victim == 1) ::kill(processes.front(), SIGKILL);
    ASSERT_TRUE(waitFor([this] { return workers(run_).empty(); }));
    const auto seen = follower.wait().output;

    std::set<std::string> stored;
    for (auto event : told(run_)) {
      event.erase("sequence");
      event.erase("time");
      stored.insert(event.dump());
    }
    std::istringstream lines(seen);
    for (std::string line; std::getline(lines, line) && !lines.eof();) {
      const auto event = json::parse(line, nullptr, false);
      ASSERT_FALSE(event.is_discarded()) << line;
      EXPECT_TRUE(stored.contains(event.dump())) << "shown, and not on disk: " << line;
      ++shown;
    }
    EXPECT_EQ(status(run_), "interrupted");
  }
  std::cout << killsOfWorkers() << " kills, " << shown << " events shown, all of them on disk\n";
  RecordProperty("events_shown", static_cast<int>(shown));
}

TEST_F(CliWorker, WhatCannotBeOpenedIsToldAndLeavesNothing) {
  const auto started = rosa(background(run_, {"--rank", "4096"}));
  EXPECT_EQ(started.exitCode, kWrongInput);
  EXPECT_NE(started.error.find("rank"), std::string::npos) << started.error;
  EXPECT_FALSE(fs::exists(run_));
}

TEST_F(CliWorker, AFollowerSeesTheRunToItsEndWhoeverStartedIt) {
  Process trainer(
      [this] {
        auto arguments = trainArguments(run_, {"--steps", "30"});
        arguments.insert(arguments.begin(), program().string());
        return arguments;
      }(),
      environment());
  ASSERT_TRUE(waitFor([this] { return fs::exists(run_ / "events.jsonl"); }));
  const auto followed = rosa({"attach", run_.string(), "--events", "jsonl"});
  EXPECT_EQ(followed.exitCode, 0) << followed.error;
  EXPECT_EQ(trainer.wait().exitCode, 0);
  const auto seen = events(followed.output);
  EXPECT_EQ(named(seen, "step_completed").size(), 30U);
  EXPECT_EQ(named(seen, "run_finished").size(), 1U);
}

}  // namespace
}  // namespace rosa::test
