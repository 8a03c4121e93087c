// SPDX-License-Identifier: GPL-3.0-or-later
#include <chrono>
#include <random>
#include <thread>

#include "cli_fixture.h"

namespace rosa::test {
namespace {

/// How often training is killed; 100 for the full proof (ROSA_KILLS=100), fewer in the everyday run.
int killCount() {
  const char* given = std::getenv("ROSA_KILLS");
  return given != nullptr ? std::atoi(given) : 12;
}

class CliKill : public CliFixture {};

TEST_F(CliKill, NewestVerifiedCheckpointAlwaysOpensAndResumes) {
  std::mt19937 random(20261123);
  const auto run = folder_.path() / "run";
  // Saves after every step, so that many of the kills fall into a save.
  const std::vector<std::string> settings = {"--steps",          "100000", "--save-every", "1steps",
                                             "--resample-every", "3steps", "--eval-every", "never",
                                             "--sample-tokens",  "0"};
  bool started = false;
  std::int64_t reached = 0;
  for (int kill = 0; kill < killCount(); ++kill) {
    auto arguments =
        started ? std::vector<std::string>{"resume", run.string(), "--events", "jsonl"} : trainArguments(run, settings);
    arguments.insert(arguments.begin(), program().string());
    Process process(arguments, environment());
    // A resumed run must come back to training before it may be killed again.
    const auto* sign = "\"step_completed\"";
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (process.running() && process.outputSoFar().find(sign) == std::string::npos &&
           std::chrono::steady_clock::now() < limit) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ASSERT_TRUE(process.running()) << process.wait().error;
    std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution<>(0, 400)(random)));
    process.signal(SIGKILL);
    const auto result = process.wait();
    const auto first = result.output.find("\"first_step\":");
    ASSERT_NE(first, std::string::npos);
    const auto firstStep = std::atoll(result.output.c_str() + first + 13);
    EXPECT_GE(firstStep, reached) << "a verified checkpoint was lost";
    reached = firstStep;
    // The first kill may come before anything was saved.
    started = fs::exists(run / "checkpoints") && !fs::is_empty(run / "checkpoints");
    if (!started) fs::remove_all(run);
  }
  EXPECT_GT(reached, 0);
}

}  // namespace
}  // namespace rosa::test
