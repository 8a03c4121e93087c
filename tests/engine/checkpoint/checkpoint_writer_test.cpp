// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/checkpoint_writer.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "engine/checkpoint/stored_tensors.h"
#include "support/fault_file_system.h"
#include "support/process.h"

namespace rosa::checkpoint {
namespace {

using test::FaultFileSystem;
using Fault = FaultFileSystem::Fault;

/// A checkpoint whose numbers tell which one it is.
Expected<Checkpoint> save(base::FileSystem& files, const fs::path& checkpoints, std::int64_t step, unsigned seed) {
  const std::vector<StoredTensor> weights = {{"w", Dtype::F32, {8, 4}, seed}, {"b", Dtype::F32, {4}, seed + 100}};
  const std::vector<StoredTensor> moments = {{"m", Dtype::F32, {8}, seed + 200}};
  ROSA_TRY(auto writer, CheckpointWriter::begin(files, checkpoints, step));
  ROSA_CHECK(writer.writeTensors("weights.safetensors", toWrite(weights), {{"format", "pt"}}));
  ROSA_CHECK(writer.writeTensors("moments.safetensors", toWrite(moments)));
  ROSA_CHECK(writer.writeText("progress.json", std::to_string(seed)));
  return writer.commit();
}

class CheckpointWriterTest : public testing::TestWithParam<Fault> {
 protected:
  /// Saves with the first operation failing, then the second, ... until it succeeds; `check` sees the disk after each.
  void failEachOperation(std::int64_t step, unsigned seed, const std::function<void(std::int64_t)>& check) {
    for (std::int64_t n = 0;; ++n) {
      FaultFileSystem files(n, GetParam());
      const auto saved = save(files, checkpoints_, step, seed);
      if (files.operations() <= n) {
        ASSERT_TRUE(saved) << saved.error().message;
        EXPECT_GT(n, 20) << "the proof covers few operations";
        return;
      }
      ASSERT_FALSE(saved) << "operation " << n << " failed unnoticed";
      expectPlainSentence(saved.error().message, checkpoints_.string());
      check(n);
    }
  }

  /// Whatever has a checkpoint's name is one.
  void expectNothingHalfWritten(std::int64_t n) {
    for (const auto& there : listCheckpoints(checkpoints_)) {
      const auto verified = verifyCheckpoint(realFiles(), there.folder);
      EXPECT_TRUE(verified) << n << ": " << (verified ? "" : verified.error().message);
    }
  }

  void expectNothingLeft(std::int64_t n) {
    for (const auto& name : namesIn(checkpoints_)) {
      EXPECT_TRUE(name.starts_with("step-") || GetParam() == Fault::Crash) << n << ": " << name << " was left";
    }
  }

  test::TemporaryFolder folder_;
  fs::path checkpoints_ = folder_.path() / "checkpoints";
};
INSTANTIATE_TEST_SUITE_P(Every, CheckpointWriterTest,
                         testing::Values(Fault::DiskFull, Fault::ReadWrite, Fault::ShortWrite, Fault::Crash));

TEST_P(CheckpointWriterTest, ThePreviousCheckpointStaysWhicheverOperationFails) {
  ASSERT_TRUE(save(realFiles(), checkpoints_, 1, 11));
  failEachOperation(2, 22, [&](std::int64_t n) {
    expectNothingHalfWritten(n);
    expectNothingLeft(n);
    ASSERT_TRUE(verifyCheckpoint(realFiles(), checkpointPath(checkpoints_, 1))) << n;
    EXPECT_EQ(readText(checkpointPath(checkpoints_, 1) / "progress.json"), "11") << n;
    // The name is taken last; only the sync of the parent can fail after it, and then the new one is whole.
    const auto newest = newestVerified(realFiles(), checkpoints_);
    ASSERT_TRUE(newest) << n << ": " << newest.error().message;
    EXPECT_TRUE(newest->passedOver.empty()) << n;
    if (newest->checkpoint.step == 2) fs::remove_all(newest->checkpoint.folder);
  });
  const auto newest = newestVerified(realFiles(), checkpoints_);
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->checkpoint.step, 2);
}

TEST_P(CheckpointWriterTest, AReplacedCheckpointIsOldOrNewWhicheverOperationFails) {
  ASSERT_TRUE(save(realFiles(), checkpoints_, 1, 11));
  failEachOperation(1, 22, [&](std::int64_t n) {
    expectNothingHalfWritten(n);
    const auto newest = newestVerified(realFiles(), checkpoints_);
    ASSERT_TRUE(newest) << n << ": " << newest.error().message;
    const auto text = readText(newest->checkpoint.folder / "progress.json");
    if (text == "11") return expectNothingLeft(n);
    // Only the sync of the parent has failed. The old one stays beside the new one, hidden, since the disk may not yet
    // know of the exchange.
    EXPECT_EQ(text, "22") << n;
    ASSERT_TRUE(save(realFiles(), checkpoints_, 1, 11));
  });
  EXPECT_EQ(readText(checkpointPath(checkpoints_, 1) / "progress.json"), "22");
}

TEST_P(CheckpointWriterTest, WhatACrashLeftIsRemovedByTheNextPruning) {
  ASSERT_TRUE(save(realFiles(), checkpoints_, 1, 11));
  FaultFileSystem files(12, GetParam());
  ASSERT_FALSE(save(files, checkpoints_, 2, 22));
  EXPECT_EQ(namesIn(checkpoints_).size(), GetParam() == Fault::Crash ? 2U : 1U);
  ASSERT_TRUE(pruneCheckpoints(realFiles(), checkpoints_, {1, 2, {}}));
  EXPECT_EQ(namesIn(checkpoints_), std::vector<std::string>{"step-000001"});
}

using CheckpointCommitTest = CheckpointWriterTest;
INSTANTIATE_TEST_SUITE_P(Once, CheckpointCommitTest, testing::Values(Fault::DiskFull));

TEST_P(CheckpointCommitTest, BytesThatArriveChangedOnTheDiskAreNoCheckpoint) {
  ASSERT_TRUE(save(realFiles(), checkpoints_, 1, 11));
  auto writer = CheckpointWriter::begin(realFiles(), checkpoints_, 2);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->writeText("progress.json", "22"));
  for (const auto& entry : fs::directory_iterator(checkpoints_)) {
    if (!entry.path().filename().string().starts_with("step-")) writeText(entry.path() / "progress.json", "23");
  }
  const auto committed = writer->commit();
  ASSERT_FALSE(committed);
  EXPECT_NE(committed.error().message.find("progress.json"), std::string::npos) << committed.error().message;
  EXPECT_EQ(listCheckpoints(checkpoints_).size(), 1U);
}

TEST_P(CheckpointCommitTest, AWriterThatIsDroppedLeavesNothing) {
  ASSERT_TRUE(save(realFiles(), checkpoints_, 1, 11));
  {
    auto writer = CheckpointWriter::begin(realFiles(), checkpoints_, 2);
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->writeText("progress.json", "22"));
    EXPECT_EQ(namesIn(checkpoints_).size(), 2U);
  }
  EXPECT_EQ(namesIn(checkpoints_), std::vector<std::string>{"step-000001"});
}

}  // namespace
}  // namespace rosa::checkpoint
