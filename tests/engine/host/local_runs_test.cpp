// SPDX-License-Identifier: GPL-3.0-or-later
#include <unistd.h>

#include <algorithm>

#include "../store/store_fixture.h"
#include "rosa/runs.h"
#include "store/catalogue.h"
#include "store/run_queue.h"

namespace rosa {
namespace {

using store::writeText;

/// Runs whose worker is a shell that holds its locks until its folder has a file "go".
class LocalRunsTest : public store::StoreTest {
 protected:
  LocalRunsTest() {
    std::filesystem::create_directories(outside());
    const auto program = outside() / "worker";
    writeText(program, "#!/bin/sh\n(while [ ! -e \"$2/go\" ]; do sleep 0.02; done) &\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    runs_ = localRuns(program);
  }
  ~LocalRunsTest() override {
    for (const auto& folder : started_) end(folder);
  }

  std::filesystem::path start(const std::string& name) {
    const auto folder = runs_->start(config(name), {});
    EXPECT_TRUE(folder) << folder.error().message;
    started_.push_back(*folder);
    return *folder;
  }
  static void end(const std::filesystem::path& folder) {
    std::error_code code;
    if (!std::filesystem::exists(folder, code)) return;
    writeText(folder / "go", "");
    while (store::isLocked(store::RunFolder{folder})) ::usleep(5000);
  }
  std::vector<std::filesystem::path> waiting() {
    std::vector<std::filesystem::path> folders;
    const auto queue = runs_->queue();
    EXPECT_TRUE(queue);
    for (const auto& entry : *queue) folders.push_back(entry.folder);
    return folders;
  }

  using Folders = std::vector<std::filesystem::path>;
  std::unique_ptr<Runs> runs_;
  Folders started_;
};

TEST_F(LocalRunsTest, OneTrainsAndTheOthersWaitInTheirOrder) {
  const auto first = start("first");
  EXPECT_TRUE(store::isLocked(store::RunFolder{first}));
  const auto second = start("second");
  const auto third = start("third");
  EXPECT_FALSE(store::isLocked(store::RunFolder{second}));
  EXPECT_EQ(waiting(), (Folders{second, third}));
  ASSERT_TRUE(runs_->move(third, 0));
  EXPECT_EQ(waiting(), (Folders{third, second}));
  ASSERT_TRUE(runs_->startWaiting());
  EXPECT_EQ(waiting().size(), 2U) << "the device is taken";
  end(first);
  ASSERT_TRUE(runs_->startWaiting());
  EXPECT_TRUE(store::isLocked(store::RunFolder{third}));
  EXPECT_EQ(waiting(), Folders{second});
  ASSERT_TRUE(runs_->withdraw(second));
  EXPECT_TRUE(waiting().empty());
  EXPECT_FALSE(runs_->withdraw(second)) << "it waits no longer";
}

/// Takes as many megabytes as its name says ("400 a"), of a gigabyte.
RunPlan planByName(const RunConfig& config) {
  constexpr std::int64_t kMega = 1'000'000;
  RunPlan plan;
  plan.memory.weightsBytes = std::stoll(config.name) * kMega;
  plan.memoryLimitBytes = 1000 * kMega;
  return plan;
}

TEST_F(LocalRunsTest, AsManyTrainAtOnceAsMemoryAllows) {
  runs_ = localRuns(outside() / "worker", planByName);
  EXPECT_EQ(runs_->atOnce(), AtOnce::One);
  const auto first = start("400 a");
  const auto second = start("300 b");
  const auto third = start("300 c");
  const auto fourth = start("100 d");
  EXPECT_EQ(waiting(), (Folders{second, third, fourth})) << "one at a time, unless somebody says otherwise";
  ASSERT_TRUE(runs_->setAtOnce(AtOnce::AsMemoryAllows));
  EXPECT_EQ(runs_->atOnce(), AtOnce::AsMemoryAllows);
  EXPECT_TRUE(store::isLocked(store::RunFolder{second})) << "700 of 900";
  EXPECT_EQ(waiting(), (Folders{third, fourth})) << "the fourth would fit, but is not the next one";
  end(first);
  ASSERT_TRUE(runs_->startWaiting());
  EXPECT_TRUE(waiting().empty()) << "300 + 300 + 100";
  EXPECT_TRUE(store::isLocked(store::RunFolder{fourth}));
  const auto large = start("5000 e");
  EXPECT_EQ(waiting(), Folders{large});
  for (const auto& folder : {second, third, fourth}) end(folder);
  ASSERT_TRUE(runs_->startWaiting());
  EXPECT_TRUE(store::isLocked(store::RunFolder{large})) << "alone it may try";
}

TEST_F(LocalRunsTest, OneAtATimeAgainWaitsForAllThatTrain) {
  runs_ = localRuns(outside() / "worker", planByName);
  ASSERT_TRUE(runs_->setAtOnce(AtOnce::AsMemoryAllows));
  const auto first = start("100 a");
  const auto second = start("100 b");
  EXPECT_TRUE(store::isLocked(store::RunFolder{second}));
  ASSERT_TRUE(runs_->setAtOnce(AtOnce::One));
  const auto third = start("100 c");
  end(first);
  ASSERT_TRUE(runs_->startWaiting());
  EXPECT_EQ(waiting(), Folders{third}) << "the second trains still";
  end(second);
  ASSERT_TRUE(runs_->startWaiting());
  EXPECT_TRUE(store::isLocked(store::RunFolder{third}));
}

TEST_F(LocalRunsTest, WhereTheMemoryIsNotKnownOneTrainsAtATime) {
  ASSERT_TRUE(runs_->setAtOnce(AtOnce::AsMemoryAllows));
  start("100 a");
  const auto second = start("100 b");
  EXPECT_EQ(waiting(), Folders{second});
}

TEST_F(LocalRunsTest, ListsSayWhichRunsWait) {
  start("first");
  const auto second = start("second");
  auto catalogue = store::Catalogue::open(home());
  ASSERT_TRUE(catalogue);
  const auto records = catalogue->runs();
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 2U);
  for (const auto& record : *records) {
    EXPECT_EQ(record.status, record.directory == second ? "queued" : "running") << record.directory;
  }
}

TEST_F(LocalRunsTest, AnEntryWhoseRunIsGoneIsPassedOver) {
  const auto first = start("first");
  const auto second = start("second");
  const auto third = start("third");
  std::filesystem::remove_all(second);
  writeText(home() / "queue" / "999999.json", "{\"folder\": 3");
  EXPECT_EQ(waiting(), Folders{third});
  end(first);
  ASSERT_TRUE(runs_->startWaiting());
  EXPECT_TRUE(store::isLocked(store::RunFolder{third}));
}

TEST_F(LocalRunsTest, ARunThatCannotBeginLeavesNothingBehind) {
  runs_ = localRuns(outside() / "no-such-program");
  const auto folder = runs_->start(config("first"), {});
  ASSERT_FALSE(folder);
  EXPECT_NE(folder.error().message.find("no-such-program"), std::string::npos) << folder.error().message;
  EXPECT_TRUE(waiting().empty());
  EXPECT_TRUE(std::filesystem::is_empty(home() / "runs"));
}

TEST_F(LocalRunsTest, SettingsThatAreWrongAreToldBeforeAnythingIsMade) {
  auto wrong = config("first");
  wrong.batch = 0;
  EXPECT_FALSE(runs_->start(wrong, {}));
  EXPECT_FALSE(std::filesystem::exists(home() / "runs"));
}

TEST_F(LocalRunsTest, ACommandToARunThatDoesNotTrainIsRefused) {
  const auto folder = makeRun();
  const auto status = runs_->send(folder.path, SaveRun{});
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("not being trained"), std::string::npos) << status.error().message;
  EXPECT_TRUE(runs_->send(start("first"), SaveRun{}));
}

}  // namespace
}  // namespace rosa
