// SPDX-License-Identifier: GPL-3.0-or-later
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <memory>
#include <thread>

#include "cli_fixture.h"

/// Several processes train one model: `rosa train --processes`, and the variables that a launcher sets.
namespace rosa::test {
namespace {

/// A port that was free a moment ago.
int freePort() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), length), 0);
  EXPECT_EQ(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length), 0);
  ::close(socket);
  return ntohs(address.sin_port);
}

class CliGroup : public CliFixture {
 protected:
  using Words = std::vector<std::string>;

  [[nodiscard]] Words training(const std::string& run, Words more) const {
    more.insert(more.begin(),
                {"--steps", "6", "--batch", "6", "--resample-every", "4steps", "--save-every", "3steps", "--eval-every",
                 "3steps", "--validation-split", "0.2", "--sample-tokens", "0", "--dropout", "0.1"});
    auto words = trainArguments(folder_.path() / run, std::move(more));
    words.insert(words.begin(), program().string());
    return words;
  }
  [[nodiscard]] std::map<std::string, std::string> environmentOf(int rank, int size, int port) const {
    auto variables = environment();
    variables["RANK"] = variables["LOCAL_RANK"] = std::to_string(rank);
    variables["WORLD_SIZE"] = variables["LOCAL_WORLD_SIZE"] = std::to_string(size);
    variables["MASTER_ADDR"] = "127.0.0.1";
    variables["MASTER_PORT"] = std::to_string(port);
    return variables;
  }
  /// The same command for both ranks of a group, as a launcher starts it; `other` is what rank 1 is started with.
  [[nodiscard]] std::vector<ProcessResult> launched(const Words& words, const Words& other) const {
    const int port = freePort();
    Process first(words, environmentOf(0, 2, port));
    Process second(other, environmentOf(1, 2, port));
    return {first.wait(), second.wait()};
  }

  [[nodiscard]] static std::vector<double> losses(const std::vector<json>& all, const std::string& event) {
    std::vector<double> found;
    for (const auto& one : named(all, event)) found.push_back(one.at("loss").get<double>());
    return found;
  }
  static void expectNear(const std::vector<double>& values, const std::vector<double>& expected) {
    ASSERT_EQ(values.size(), expected.size());
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], 1e-6) << i;
  }

  /// What the children of a process are, by the kernel's list.
  [[nodiscard]] static std::vector<pid_t> childrenOf(pid_t process) {
    std::vector<pid_t> all;
    const auto name = std::to_string(process);
    for (const auto& task : fs::directory_iterator("/proc/" + name + "/task")) {
      std::ifstream children(task.path() / "children");
      for (pid_t child = 0; children >> child;) all.push_back(child);
    }
    return all;
  }
  template <typename Condition>
  [[nodiscard]] static bool comesTrue(Condition condition) {
    for (int look = 0; look < 6000; ++look) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
};

TEST_F(CliGroup, ProcessesTrainAsOneDoes) {
  const auto alone = Process(training("alone", {}), environment()).wait();
  ASSERT_EQ(alone.exitCode, 0) << alone.error;
  for (const std::string processes : {"2", "4"}) {
    const auto together = Process(training("run" + processes, {"--processes", processes}), environment()).wait();
    ASSERT_EQ(together.exitCode, 0) << together.error;
    expectNear(losses(events(together.output), "step_completed"), losses(events(alone.output), "step_completed"));
    expectNear(losses(events(together.output), "evaluation_completed"),
               losses(events(alone.output), "evaluation_completed"));
    EXPECT_EQ(named(events(together.output), "checkpoint_saved").size(),
              named(events(alone.output), "checkpoint_saved").size());
  }
  // One process goes on with what four have left, and two with what one has.
  const auto run = (folder_.path() / "run4").string();
  const auto longer = (folder_.path() / "alone").string();
  const auto resumed = rosa({"resume", run, "--steps", "9", "--processes", "1", "--events", "jsonl"});
  ASSERT_EQ(resumed.exitCode, 0) << resumed.error;
  const auto expected = rosa({"resume", longer, "--steps", "9", "--processes", "2", "--events", "jsonl"});
  ASSERT_EQ(expected.exitCode, 0) << expected.error;
  EXPECT_EQ(named(events(resumed.output), "step_completed").size(), 3U);
  expectNear(losses(events(resumed.output), "step_completed"), losses(events(expected.output), "step_completed"));
}

TEST_F(CliGroup, ALaunchersProcessesTrainTogether) {
  const auto words = training("run", {});
  const auto results = launched(words, words);
  for (const auto& result : results) EXPECT_EQ(result.exitCode, 0) << result.error;
  EXPECT_EQ(named(events(results[0].output), "step_completed").size(), 6U);
  EXPECT_EQ(results[1].output, "") << "rank 0 alone tells";

  // A run that has begun with processes of its own goes on under a launcher.
  const auto own = Process(training("own", {"--processes", "2"}), environment()).wait();
  ASSERT_EQ(own.exitCode, 0) << own.error;
  const Words longer = {program().string(), "resume", (folder_.path() / "own").string(), "--steps", "9"};
  for (const auto& result : launched(longer, longer)) EXPECT_EQ(result.exitCode, 0) << result.error;
}

TEST_F(CliGroup, WhatDiffersIsToldByEveryRank) {
  const auto results = launched(training("run", {"--lr", "1e-3"}), training("run", {"--lr", "2e-3"}));
  for (const auto& result : results) {
    EXPECT_NE(result.exitCode, 0);
    EXPECT_NE(result.error.find("lr is \"0.002\" here and \"0.001\" on rank 0"), std::string::npos) << result.error;
  }
  EXPECT_FALSE(fs::exists(folder_.path() / "run"));

  // The same words, in two folders whose data differ.
  std::vector<Words> inFolder;
  for (const std::string name : {"one", "two"}) {
    const auto folder = folder_.path() / name;
    fs::create_directory(folder);
    fs::copy_file(samples() / "e2e" / "train.csv", folder / "rows.csv");
    if (name == "two") std::ofstream(folder / "rows.csv", std::ios::app) << "\"name[A]\",\"A is one more.\"\n";
    auto words = training("run", {});
    *std::find(words.begin(), words.end(), (samples() / "e2e" / "train.csv").string()) = "rows.csv";
    words.insert(words.begin(), {"/bin/sh", "-c", "cd '" + folder.string() + "' && exec \"$@\"", "sh"});
    *std::find(words.begin(), words.end(), program().string()) = fs::absolute(program()).string();
    inFolder.push_back(words);
  }
  for (const auto& result : launched(inFolder[0], inFolder[1])) {
    EXPECT_NE(result.exitCode, 0);
    EXPECT_NE(result.error.find("Rank 1 has data "), std::string::npos) << result.error;
    EXPECT_NE(result.error.find("Give every process the same data files."), std::string::npos) << result.error;
  }
}

TEST_F(CliGroup, AKilledRankEndsTheGroupWithASentenceAndACheckpoint) {
  auto words = training("run", {"--processes", "2"});
  const auto steps = std::find(words.begin(), words.end(), "6");
  *steps = "100000";
  const auto save = std::find(words.begin(), words.end(), "3steps");
  *save = "1steps";
  Process process(words, environment());
  ASSERT_TRUE(comesTrue([&] { return process.outputSoFar().find("\"checkpoint_saved\"") != std::string::npos; }));
  const auto children = childrenOf(process.pid());
  ASSERT_EQ(children.size(), 1U);
  ::kill(children[0], SIGKILL);
  const auto result = process.wait();
  EXPECT_EQ(result.exitCode, 1);
  EXPECT_NE(result.error.find("rank 1 was killed (signal 9)"), std::string::npos) << result.error;
  const auto saved = named(events(result.output), "checkpoint_saved").back().at("step").get<std::int64_t>();
  const auto run = (folder_.path() / "run").string();
  const auto resumed = rosa({"resume", run, "--steps", std::to_string(saved + 6), "--events", "jsonl"});
  ASSERT_EQ(resumed.exitCode, 0) << resumed.error;
  EXPECT_GE(named(events(resumed.output), "step_completed").size(), 6U);
}

TEST_F(CliGroup, TheOthersEndWithAKilledRankZero) {
  auto words = training("run", {"--processes", "3"});
  *std::find(words.begin(), words.end(), "6") = "100000";
  Process process(words, environment());
  ASSERT_TRUE(comesTrue([&] { return process.outputSoFar().find("\"step_completed\"") != std::string::npos; }));
  const auto children = childrenOf(process.pid());
  ASSERT_EQ(children.size(), 2U);
  process.signal(SIGKILL);
  (void)process.wait();
  for (const auto child : children) {
    EXPECT_TRUE(comesTrue([child] { return ::kill(child, 0) != 0; })) << "process " << child << " is left";
  }
}

TEST_F(CliGroup, OneInterruptStopsAllAndSaves) {
  auto words = training("run", {"--processes", "2"});
  *std::find(words.begin(), words.end(), "6") = "100000";
  Process process(words, environment());
  ASSERT_TRUE(comesTrue([&] { return process.outputSoFar().find("\"step_completed\"") != std::string::npos; }));
  process.signal(SIGINT);
  const auto result = process.wait();
  EXPECT_EQ(result.exitCode, 0) << result.error;
  EXPECT_EQ(named(events(result.output), "run_finished").back().at("outcome"), "stopped");
  EXPECT_FALSE(named(events(result.output), "checkpoint_saved").empty());
}

TEST_F(CliGroup, MistakesOfTheLaunchAreTold) {
  auto variables = environmentOf(0, 2, 1);
  variables.erase("MASTER_PORT");
  const auto incomplete = Process(training("run", {}), variables).wait();
  EXPECT_EQ(incomplete.exitCode, kWrongInput);
  EXPECT_NE(incomplete.error.find("MASTER_PORT"), std::string::npos) << incomplete.error;

  const auto twice = Process(training("run", {"--processes", "2"}), environmentOf(0, 2, freePort())).wait();
  EXPECT_EQ(twice.exitCode, kWrongInput);
  EXPECT_NE(twice.error.find("Leave processes out"), std::string::npos) << twice.error;

  auto wrong = training("run", {"--processes", "2"});
  *std::find(wrong.begin(), wrong.end(), (samples() / "e2e" / "train.csv").string()) = "/nowhere.csv";
  const auto refused = Process(wrong, environment()).wait();
  EXPECT_EQ(refused.exitCode, kWrongInput);
  EXPECT_NE(refused.error.find("/nowhere.csv"), std::string::npos) << refused.error;
}

}  // namespace
}  // namespace rosa::test
