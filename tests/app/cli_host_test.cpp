// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <chrono>
#include <thread>

#include "cli_fixture.h"

namespace rosa::test {
namespace {

/// Two homes on this machine: the second is a host's, reached by a program "ssh" that stands before the system's.
class CliHost : public CliFixture {
 protected:
  CliHost() {
    fs::create_directories(programs());
    std::ofstream(programs() / "ssh") << "#!/bin/sh\n"
                                         "while [ \"$1\" != -- ]; do shift; done\nhost=$2\nshift 2\n"
                                         "export ROSA_HOME='"
                                      << remoteHome().string()
                                      << "'\n"
                                         "case $host in nowhere) echo 'No route to host' >&2; exit 255;; esac\n"
                                         "if [ -e '"
                                      << mood().string() << "' ]; then . '" << mood().string()
                                      << "'; fi\n"
                                         "cd / && exec sh -c \"$*\"\n";
    fs::permissions(programs() / "ssh", fs::perms::owner_all);
    fs::create_symlink(fs::absolute(program()), programs() / "rosa");
  }
  ~CliHost() override {
    // None outlives its folder.
    static_cast<void>(Process({program().string(), "send", remoteRun().string(), "discard"}, remote()).wait());
    static_cast<void>(waitFor([this] { return statusThere() != "running"; }));
  }

  [[nodiscard]] fs::path programs() const { return folder_.path() / "programs"; }
  [[nodiscard]] fs::path remoteHome() const { return folder_.path() / "remote"; }
  [[nodiscard]] fs::path remoteRun() const { return folder_.path() / "far" / "run"; }
  [[nodiscard]] fs::path mood() const { return folder_.path() / "mood"; }
  [[nodiscard]] std::map<std::string, std::string> here() const {
    return {{"ROSA_HOME", home().string()},
            {"ROSA_SSH_SECONDS", "60"},
            {"PATH", programs().string() + ":" + std::getenv("PATH")}};
  }
  [[nodiscard]] std::map<std::string, std::string> remote() const { return {{"ROSA_HOME", remoteHome().string()}}; }

  [[nodiscard]] ProcessResult rosaHere(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), program().string());
    return Process(arguments, here()).wait();
  }
  [[nodiscard]] std::vector<std::string> trainThere(std::vector<std::string> more, bool events = true) const {
    auto arguments = trainArguments(remoteRun(), {"--host", "gpu1"});
    if (!events) arguments.erase(std::ranges::find(arguments, "--events"), std::ranges::find(arguments, "jsonl") + 1);
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  [[nodiscard]] static std::string text(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] json listed(const std::map<std::string, std::string>& environment) const {
    const auto list = Process({program().string(), "runs", "list", "--json"}, environment).wait();
    return json::parse(list.output, nullptr, false);
  }
  [[nodiscard]] std::string statusThere() const {
    const auto runs = listed(remote());
    return runs.is_array() && !runs.empty() ? runs.front().at("status").get<std::string>() : std::string();
  }
  [[nodiscard]] static bool waitFor(const std::function<bool()>& condition) {
    for (int i = 0; i < 6000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }
};

TEST_F(CliHost, ARunTrainsThereAndIsSeenHere) {
  // The first connection ends in the middle of it.
  std::ofstream(mood()) << "case \"$*\" in *follow*) rm '" << mood().string()
                        << "'; sh -c \"$*\" | head -n 15; exit 255;; esac\n";
  const auto run = rosaHere(trainThere({"--steps", "40", "--name", "it's far; away"}));
  ASSERT_EQ(run.exitCode, 0) << run.error;
  const auto told = events(run.output);
  EXPECT_EQ(named(told, "step_completed").size(), 40U);
  EXPECT_EQ(told.back().at("event"), "run_finished");
  EXPECT_FALSE(fs::exists(mood())) << "the connection was cut";

  const auto runs = listed(here());
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs.front().at("host"), "gpu1");
  EXPECT_EQ(runs.front().at("status"), "completed");
  EXPECT_EQ(runs.front().at("name"), "it's far; away");
  const fs::path mirror = runs.front().at("directory").get<std::string>();
  EXPECT_EQ(mirror.parent_path(), home() / "runs");
  EXPECT_EQ(text(mirror / "events.jsonl"), text(remoteRun() / "events.jsonl"));
  EXPECT_FALSE(fs::exists(mirror / "checkpoints"));
  const auto there = rosaHere({"runs", "list", "--json", "--host", "gpu1"});
  ASSERT_EQ(there.exitCode, 0) << there.error;
  EXPECT_EQ(json::parse(there.output).front().at("directory"), remoteRun().string());
  const auto exported = rosaHere({"export", mirror.string(), "--to", (folder_.path() / "x").string()});
  EXPECT_EQ(exported.exitCode, kWrongInput) << "its weights are not here";
}

TEST_F(CliHost, ItIsSteeredFromHereByItsNameAndGoesOn) {
  const auto started =
      rosaHere(trainThere({"--background", "--steps", "100000", "--eval-every", "never", "--name", "far"}, false));
  ASSERT_EQ(started.exitCode, 0) << started.error;
  ASSERT_TRUE(
      waitFor([this] { return text(remoteRun() / "events.jsonl").find("step_completed") != std::string::npos; }));
  Process attached({program().string(), "attach", "far", "--events", "jsonl"}, here());
  ASSERT_TRUE(waitFor([&] { return attached.outputSoFar().find("step_completed") != std::string::npos; }));
  ASSERT_EQ(rosaHere({"send", "far", "sample", "it's $HOME"}).exitCode, 0);
  ASSERT_TRUE(waitFor([&] { return attached.outputSoFar().find("it's $HOME") != std::string::npos; }));
  ASSERT_EQ(rosaHere({"send", remoteRun().string(), "save", "--host", "gpu1"}).exitCode, 0);
  ASSERT_TRUE(waitFor([&] { return attached.outputSoFar().find("checkpoint_saved") != std::string::npos; }));
  attached.signal(SIGINT);
  EXPECT_EQ(attached.wait().exitCode, 0);
  EXPECT_EQ(statusThere(), "running") << "Ctrl-C leaves it alone";
  ASSERT_EQ(rosaHere({"send", "far", "stop"}).exitCode, 0);
  ASSERT_TRUE(waitFor([this] { return statusThere() == "stopped"; }));
  EXPECT_EQ(listed(here()).front().at("status"), "running") << "nobody here has heard of it yet";
  const auto again = rosaHere({"attach", "far", "--events", "jsonl"});
  ASSERT_EQ(again.exitCode, 0) << again.error;
  EXPECT_EQ(events(again.output).back().at("event"), "run_finished");
  EXPECT_EQ(listed(here()).front().at("status"), "stopped");

  ASSERT_EQ(rosaHere({"resume", listed(here()).front().at("directory"), "--background"}).exitCode, 0);
  ASSERT_TRUE(waitFor([this] { return statusThere() == "running"; }));
  ASSERT_EQ(rosaHere({"send", "far", "discard"}).exitCode, 0);
}

TEST_F(CliHost, WhatIsWrongIsOneSentenceThatNamesTheHost) {
  const auto expect = [this](const std::vector<std::string>& arguments, const std::string& part) {
    const auto result = rosaHere(arguments);
    EXPECT_EQ(result.exitCode, kWrongInput);
    EXPECT_NE(result.error.find(part), std::string::npos) << result.error;
    EXPECT_EQ(std::ranges::count(result.error, '\n'), 1) << result.error;
  };
  expect({"runs", "list", "--host", "nowhere"}, "nowhere cannot be reached: ssh says \"No route to host\"");
  expect({"attach", "far", "--host", "nowhere"}, "`ssh nowhere`");
  expect({"runs", "list", "--host", "-oProxyCommand=touch x"}, "is no name of a host");
  expect({"attach", "far", "--host", "gpu1;touch x"}, "is no name of a host");
  expect({"attach", "far", "--host", "gpu1"}, "gpu1: No run is called 'far'");
  auto arguments = trainThere({});
  *(std::ranges::find(arguments, "--batch") + 1) = "0";
  expect(arguments, "batch");
  EXPECT_FALSE(fs::exists(home() / "runs"));
  EXPECT_FALSE(fs::exists(remoteHome() / "runs"));
  *(std::ranges::find(arguments, "--batch") + 1) = "4";
  *(std::ranges::find(arguments, "--model") + 1) = "/no/such/model";
  const auto refused = rosaHere(arguments);
  EXPECT_EQ(refused.exitCode, 1) << "the run tells it, as soon as it opens its model there";
  EXPECT_NE(refused.output.find("/no/such/model"), std::string::npos) << refused.output;
}

}  // namespace
}  // namespace rosa::test
