// SPDX-License-Identifier: GPL-3.0-or-later
#include <unistd.h>

#include <mutex>

#include "fake_ssh.h"
#include "rosa/runs.h"
#include "store/catalogue.h"
#include "store/run_origin.h"

namespace rosa::host {
namespace {

using store::readText;
using store::stepDone;
using store::writeText;

/// What was heard, as JSON.
class HeardLines final : public EventSink {
 public:
  void receive(const Event& event) override {
    const std::lock_guard lock(mutex_);
    steps_ += std::holds_alternative<StepCompleted>(event) ? 1 : 0;
  }
  [[nodiscard]] int steps() const {
    const std::lock_guard lock(mutex_);
    return steps_;
  }

 private:
  mutable std::mutex mutex_;
  int steps_ = 0;
};

/// A host whose rosa is a shell script with one run, in `run()`: it prints the lines of its events, once for each file
/// "part-N" from N on, and hangs up after each where there is a file "hang-up".
class RemoteRunsTest : public FakeSshTest {
 protected:
  RemoteRunsTest() {
    std::filesystem::create_directories(run());
    script("rosa", "cd '" + run().string() +
                       "'\n"
                       "answer() { printf '%s\\n' '" +
                       toJson(HostAnswer{run(), formatConfig(config("far away")), false}) +
                       "'; }\n"
                       "case \"$1 $2\" in\n"
                       "'host start'|'host resume') cat > asked; echo 'Welcome to gpu1!'; answer;;\n"
                       "'host show') answer;;\n"
                       "'host send') cat >> sent; echo >> sent;;\n"
                       "'host follow') echo \"$5\" >> froms; echo 'Welcome!'; answer\n"
                       "  tail -n \"+$(($5 + 1))\" events.jsonl\n"
                       "  if [ -e hang-up ]; then rm hang-up; cat more >> events.jsonl; exit 255; fi\n"
                       "  if [ -e garbage ]; then rm garbage; echo 'Segmentation fault'; exit 0; fi;;\n"
                       "esac\n");
    tell("events.jsonl", {store::startedAfter(0), stepDone(1, 2)});
  }

  void tell(const std::string& file, const std::vector<Event>& events) {
    std::string text;
    for (const auto& event : events) text += toJson(StoredEvent{++sequence_, 1e9, event}) + "\n";
    store::appendText(run() / file, text);
  }
  [[nodiscard]] std::filesystem::path run() const { return remoteHome() / "2026-01-01-far-away"; }
  std::filesystem::path start() {
    const auto folder = runs_->start(config("far away"), "gpu1");
    EXPECT_TRUE(folder) << folder.error().message;
    return folder ? *folder : std::filesystem::path();
  }
  /// Follows to the end; why it ended.
  std::string follow(const std::filesystem::path& folder, std::int64_t from = 0) {
    HeardLines heard;
    const auto attached = runs_->attach(folder, from, heard);
    EXPECT_TRUE(attached) << attached.error().message;
    while (!attached->subscription->ended()) ::usleep(5000);
    newest_ = attached->subscription->newest();
    return attached->subscription->lost();
  }
  [[nodiscard]] std::string told(const std::filesystem::path& folder) const {
    return readText(folder / "events.jsonl");
  }

  std::int64_t sequence_ = 0;
  std::int64_t newest_ = 0;
  std::unique_ptr<Runs> runs_ = localRuns("/nowhere/rosa");
};

TEST_F(RemoteRunsTest, ARunOfAHostIsFollowedIntoAFolderHere) {
  const auto folder = start();
  EXPECT_EQ(folder.parent_path(), home() / "runs");
  EXPECT_NE(readText(run() / "asked").find("far away"), std::string::npos) << "the settings went there";
  EXPECT_EQ(follow(folder), "");
  EXPECT_EQ(told(folder), readText(run() / "events.jsonl"));
  EXPECT_EQ(newest_, 2);
  ASSERT_TRUE(runs_->send(folder, SampleRun{"it's $HOME"}));
  EXPECT_EQ(readText(run() / "sent"), toJson(Command(SampleRun{"it's $HOME"})) + "\n");
}

TEST_F(RemoteRunsTest, AConnectionThatBreaksIsMadeAgainFromTheLastEvent) {
  const auto folder = start();
  writeText(run() / "hang-up", "");
  tell("more", {stepDone(2, 2), stepDone(3, 2)});
  EXPECT_EQ(follow(folder), "");
  EXPECT_EQ(readText(run() / "froms"), "0\n2\n");
  EXPECT_EQ(told(folder), readText(run() / "events.jsonl"));
  EXPECT_EQ(newest_, 4);
}

TEST_F(RemoteRunsTest, GarbageAmongTheEventsIsNotBelieved) {
  const auto folder = start();
  writeText(run() / "garbage", "");
  EXPECT_EQ(follow(folder), "");
  EXPECT_EQ(readText(run() / "froms"), "0\n2\n") << "asked again, and all was well";
  EXPECT_EQ(told(folder), readText(run() / "events.jsonl"));
}

TEST_F(RemoteRunsTest, AHostThatIsOutOfReachLeavesWhatIsKnownHere) {
  const auto folder = start();
  ASSERT_EQ(follow(folder), "");
  setMood("echo 'No route to host' >&2; exit 255\n");
  const auto lost = follow(folder);
  EXPECT_NE(lost.find("gpu1 cannot be reached"), std::string::npos) << lost;
  EXPECT_EQ(newest_, 2);
  setMood("exec sleep 600\n");
  EXPECT_NE(follow(folder).find("gpu1 does not answer"), std::string::npos);
  setMood("echo hello; exit 0\n");
  EXPECT_NE(follow(folder).find("not rosa's"), std::string::npos);
}

TEST_F(RemoteRunsTest, AStartThatFailsLeavesNothingHere) {
  for (const char* mood : {"exit 255\n", "exec sleep 600\n", "exit 127\n", "echo '{\"rosa\": 3}'; exit 0\n"}) {
    setMood(mood);
    EXPECT_FALSE(runs_->start(config(), "gpu1")) << mood;
  }
  EXPECT_FALSE(runs_->start(config(), "-oProxyCommand=touch x"));
  EXPECT_FALSE(std::filesystem::exists(home() / "runs"));
}

TEST_F(RemoteRunsTest, ARunThatBeganThereIsAdoptedOnce) {
  const auto first = runs_->adopt("gpu1", "far-away");
  ASSERT_TRUE(first) << first.error().message;
  const auto second = runs_->adopt("gpu1", "far-away");
  ASSERT_TRUE(second);
  EXPECT_EQ(*first, *second);
  const auto origin = store::readRunOrigin(store::RunFolder{*first});
  ASSERT_TRUE(origin && *origin);
  EXPECT_EQ((*origin)->host, "gpu1");
  EXPECT_EQ((*origin)->folder, run());
}

TEST_F(RemoteRunsTest, ListsSayWhereARunLiesAndThatItMayGoOn) {
  const auto folder = start();
  const auto status = [&]() -> std::string {
    auto catalogue = store::Catalogue::open(home());
    const auto records = catalogue->runs();
    EXPECT_EQ(records->size(), 1U);
    EXPECT_EQ(records->front().host, "gpu1");
    EXPECT_EQ(records->front().name, "far away");
    return records->front().status;
  };
  EXPECT_EQ(status(), "running");
  RunFinished finished;
  finished.outcome = "stopped";
  tell("events.jsonl", {finished});
  ASSERT_EQ(follow(folder), "");
  EXPECT_EQ(status(), "stopped");
  ASSERT_TRUE(runs_->resume(folder, "train.csv has changed"));
  EXPECT_EQ(readText(run() / "asked"), "train.csv has changed");
}

TEST_F(RemoteRunsTest, TwoFollowersHearTheSameOverOneConnection) {
  const auto folder = start();
  HeardLines one;
  HeardLines other;
  const auto first = runs_->attach(folder, 0, one);
  const auto second = runs_->attach(folder, 0, other);
  ASSERT_TRUE(first && second);
  while (!first->subscription->ended() || !second->subscription->ended()) ::usleep(5000);
  EXPECT_EQ(told(folder), readText(run() / "events.jsonl")) << "each line once";
}

}  // namespace
}  // namespace rosa::host
