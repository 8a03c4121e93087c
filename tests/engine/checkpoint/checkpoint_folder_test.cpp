// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/checkpoint_folder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "checkpoint/checkpoint_writer.h"
#include "engine/checkpoint/stored_tensors.h"
#include "support/fault_file_system.h"
#include "support/process.h"

namespace rosa::checkpoint {
namespace {

class CheckpointFolderTest : public testing::Test {
 protected:
  void save(std::int64_t step) {
    auto writer = CheckpointWriter::begin(realFiles(), checkpoints_, step);
    ASSERT_TRUE(writer && writer->writeText("progress.json", std::to_string(step)) && writer->commit());
  }
  void save(std::initializer_list<std::int64_t> steps) {
    for (const auto step : steps) save(step);
  }
  void damage(std::int64_t step) { writeText(checkpointPath(checkpoints_, step) / "progress.json", "?"); }

  [[nodiscard]] std::vector<std::int64_t> steps() const {
    std::vector<std::int64_t> all;
    for (const auto& there : listCheckpoints(checkpoints_)) all.push_back(there.step);
    return all;
  }

  test::TemporaryFolder folder_;
  fs::path checkpoints_ = folder_.path() / "checkpoints";
};

using Steps = std::vector<std::int64_t>;

TEST_F(CheckpointFolderTest, ListsOldestFirstWhateverTheDigits) {
  EXPECT_EQ(steps(), Steps{}) << "the folder does not exist yet";
  save({20, 3, 1000000});
  EXPECT_EQ(steps(), (Steps{3, 20, 1000000}));
}

TEST_F(CheckpointFolderTest, OtherNamesAreNoCheckpoints) {
  save(5);
  for (const char* name : {"step-5", "step-0000005", "step-000006x", "step--00001", "notes", "step-"}) {
    fs::create_directory(checkpoints_ / name);
  }
  EXPECT_EQ(steps(), Steps{5});
}

TEST_F(CheckpointFolderTest, TheNewestThatVerifiesIsTakenAndTheOthersAreExplained) {
  save({1, 2, 3, 4});
  damage(4);
  fs::remove(checkpointPath(checkpoints_, 3) / kManifestFile);
  const auto newest = newestVerified(realFiles(), checkpoints_);
  ASSERT_TRUE(newest) << newest.error().message;
  EXPECT_EQ(newest->checkpoint.step, 2);
  EXPECT_EQ(newest->checkpoint.folder, checkpointPath(checkpoints_, 2));
  ASSERT_EQ(newest->passedOver.size(), 2U);
  expectPlainSentence(newest->passedOver[0], "step-000004");
  expectPlainSentence(newest->passedOver[1], "step-000003");
}

TEST_F(CheckpointFolderTest, NoCheckpointAndNoSoundOneAreTold) {
  auto newest = newestVerified(realFiles(), checkpoints_);
  ASSERT_FALSE(newest);
  expectPlainSentence(newest.error().message, checkpoints_.string());

  save({1, 2});
  damage(1);
  damage(2);
  newest = newestVerified(realFiles(), checkpoints_);
  ASSERT_FALSE(newest);
  EXPECT_NE(newest.error().message.find("step-000001"), std::string::npos) << newest.error().message;
  EXPECT_NE(newest.error().message.find("step-000002"), std::string::npos) << newest.error().message;
}

TEST_F(CheckpointFolderTest, PruningKeepsTheNewestAndTheBest) {
  save({1, 2, 3, 4, 5});
  ASSERT_TRUE(pruneCheckpoints(realFiles(), checkpoints_, {5, 2, {1, 2}}));
  EXPECT_EQ(steps(), (Steps{1, 2, 4, 5}));
  ASSERT_TRUE(pruneCheckpoints(realFiles(), checkpoints_, {5, 2, {1}}));
  EXPECT_EQ(steps(), (Steps{1, 4, 5}));
  ASSERT_TRUE(pruneCheckpoints(realFiles(), checkpoints_, {5, 2, {5}}));
  EXPECT_EQ(steps(), (Steps{4, 5})) << "the best may be one of the newest";
  ASSERT_TRUE(pruneCheckpoints(realFiles(), checkpoints_, {5, 0, {}}));
  EXPECT_EQ(steps(), Steps{5}) << "the one just saved stays";
}

TEST_F(CheckpointFolderTest, PruningRemovesStepsOfACourseThatWasLeft) {
  save({10, 20, 30});
  ASSERT_TRUE(pruneCheckpoints(realFiles(), checkpoints_, {20, 2, {}}));
  EXPECT_EQ(steps(), (Steps{10, 20}));
}

TEST_F(CheckpointFolderTest, PruningLeavesWholeCheckpointsWhicheverOperationFails) {
  for (std::int64_t n = 0;; ++n) {
    save({1, 2, 3, 4});
    test::FaultFileSystem files(n, test::FaultFileSystem::Fault::Crash);
    const auto status = pruneCheckpoints(files, checkpoints_, {4, 2, {}});
    for (const auto& there : listCheckpoints(checkpoints_)) {
      EXPECT_TRUE(verifyCheckpoint(realFiles(), there.folder)) << n << ": " << there.folder;
    }
    EXPECT_TRUE(verifyCheckpoint(realFiles(), checkpointPath(checkpoints_, 4))) << n;
    if (files.operations() <= n) {
      EXPECT_TRUE(status) << status.error().message;
      EXPECT_GE(n, 2) << "two folders were to be removed";
      EXPECT_EQ(namesIn(checkpoints_), (std::vector<std::string>{"step-000003", "step-000004"}));
      return;
    }
    EXPECT_FALSE(status) << n;
  }
}

}  // namespace
}  // namespace rosa::checkpoint
