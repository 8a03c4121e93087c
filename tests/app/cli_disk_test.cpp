// SPDX-License-Identifier: GPL-3.0-or-later
#include <sys/mount.h>

#include <cerrno>
#include <cstring>

#include "cli_fixture.h"
#include "support/small_disk.h"

namespace rosa::test {
namespace {

/// A checkpoint of these runs takes 1.5 MiB.
class CliDisk : public CliFixture {
 protected:
  /// The run ended without a save, in a sentence, and what counts as a checkpoint is one.
  void expectToldAndNothingHalfWritten(const ProcessResult& result, const fs::path& run) const {
    EXPECT_EQ(result.exitCode, 1) << result.output << result.error;
    EXPECT_EQ(events(result.output).back().at("event"), "run_failed");
    EXPECT_NE(result.error.find("could not be saved"), std::string::npos) << result.error;
    EXPECT_NE(result.error.find((run / "checkpoints").string()), std::string::npos) << result.error;
    for (const auto& entry : fs::directory_iterator(run / "checkpoints")) {
      EXPECT_TRUE(entry.path().filename().string().starts_with("step-")) << entry.path() << " was left";
      EXPECT_TRUE(fs::exists(entry.path() / "manifest.json")) << entry.path();
    }
  }
};

TEST_F(CliDisk, ADiskTooSmallForTwoCheckpointsIsRefusedAtTheStart) {
  const SmallDisk disk(folder_.path() / "disk", 1024);
  if (!disk.missing().empty()) GTEST_SKIP() << "no small disk can be mounted: " << disk.missing();
  const auto result = rosa(trainArguments(disk.path() / "run", {"--steps", "1"}));
  EXPECT_EQ(result.exitCode, 2);
  EXPECT_NE(result.error.find("free"), std::string::npos) << result.error;
  EXPECT_NE(result.error.find((disk.path() / "run").string()), std::string::npos) << result.error;
  EXPECT_TRUE(fs::is_empty(disk.path()));
}

TEST_F(CliDisk, ADiskThatFillsUpLeavesTheCheckpointsSavedBefore) {
  const SmallDisk disk(folder_.path() / "disk", 4096);
  if (!disk.missing().empty()) GTEST_SKIP() << "no small disk can be mounted: " << disk.missing();
  const auto run = disk.path() / "run";
  const auto result = rosa(trainArguments(run, {"--steps", "6", "--save-every", "1steps", "--keep-checkpoints", "5",
                                                "--eval-every", "never", "--sample-tokens", "0"}));
  expectToldAndNothingHalfWritten(result, run);
  const auto saved = named(events(result.output), "checkpoint_saved");
  ASSERT_FALSE(saved.empty());

  // With room again the run goes on from there.
  ASSERT_EQ(mount("", disk.path().c_str(), "", MS_REMOUNT, "size=32m"), 0) << std::strerror(errno);
  const auto resumed = rosa({"resume", run.string(), "--events", "jsonl"});
  EXPECT_EQ(resumed.exitCode, 0) << resumed.error;
  EXPECT_EQ(named(events(resumed.output), "run_started").at(0).at("first_step"), saved.back().at("step"));
}

TEST_F(CliDisk, AnExportThatDoesNotFitLeavesNothing) {
  const auto run = folder_.path() / "run";
  ASSERT_EQ(rosa(trainArguments(run, {"--steps", "1", "--sample-tokens", "0"})).exitCode, 0);
  const SmallDisk disk(folder_.path() / "disk", 512);
  if (!disk.missing().empty()) GTEST_SKIP() << "no small disk can be mounted: " << disk.missing();
  const auto result = rosa({"export", run.string(), "--to", (disk.path() / "model").string()});
  EXPECT_NE(result.exitCode, 0);
  EXPECT_NE(result.error.find("free"), std::string::npos) << result.error;
  EXPECT_TRUE(fs::is_empty(disk.path()));
}

TEST_F(CliDisk, AFileThatMayNotGrowIsToldToo) {
  // A limit on the size of a file instead of a full disk: found only while writing, not before.
  const auto run = folder_.path() / "run";
  auto arguments = trainArguments(run, {"--steps", "3", "--save-every", "1steps", "--sample-tokens", "0"});
  std::vector<std::string> limited = {"/bin/sh", "-c", "trap '' XFSZ; ulimit -f 1024; exec \"$@\"", "sh",
                                      program().string()};
  limited.insert(limited.end(), arguments.begin(), arguments.end());
  expectToldAndNothingHalfWritten(Process(limited, environment()).wait(), run);
}

}  // namespace
}  // namespace rosa::test
