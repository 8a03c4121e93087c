// SPDX-License-Identifier: GPL-3.0-or-later
#include "host/follow_folder.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "../store/store_fixture.h"

namespace rosa::host {
namespace {

using store::stepDone;

class Heard final : public EventSink {
 public:
  void receive(const Event& event) override {
    const std::lock_guard lock(mutex_);
    steps_.push_back(std::get<StepCompleted>(event).step);
  }
  [[nodiscard]] std::vector<std::int64_t> steps() const {
    const std::lock_guard lock(mutex_);
    return steps_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::int64_t> steps_;
};

void waitUntil(const std::function<bool()>& condition) {
  while (!condition()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

class FollowFolderTest : public store::StoreTest {
 protected:
  store::RunFolder folder_ = makeRun();
};

using Numbers = std::vector<std::int64_t>;

TEST_F(FollowFolderTest, BringsThePastThenWhatComesThenTheEnd) {
  std::optional<store::RunLock> lock = *store::RunLock::take(folder_);
  write(folder_, {stepDone(1, 2), stepDone(2, 2)});
  Heard heard;
  const auto attached = followFolder(folder_, 0, heard);
  ASSERT_TRUE(attached) << attached.error().message;
  ASSERT_EQ(attached->past.size(), 2U);
  EXPECT_TRUE(heard.steps().empty());
  write(folder_, {stepDone(3, 2)});
  waitUntil([&] { return heard.steps().size() == 1; });
  EXPECT_FALSE(attached->subscription->ended()) << "somebody holds the lock";
  write(folder_, {stepDone(4, 2)});
  lock.reset();
  waitUntil([&] { return attached->subscription->ended(); });
  EXPECT_EQ(heard.steps(), (Numbers{3, 4})) << "nothing that was written before the end is missing";
}

TEST_F(FollowFolderTest, GoesOnFromASequence) {
  std::optional<store::RunLock> lock = *store::RunLock::take(folder_);
  write(folder_, {stepDone(1, 2), stepDone(2, 2), stepDone(3, 2)});
  Heard heard;
  const auto attached = followFolder(folder_, 2, heard);
  ASSERT_TRUE(attached) << attached.error().message;
  ASSERT_EQ(attached->past.size(), 1U);
  EXPECT_EQ(std::get<StepCompleted>(attached->past.front()).step, 3);
  EXPECT_EQ(attached->subscription->newest(), 3);
  write(folder_, {stepDone(4, 2)});
  lock.reset();
  waitUntil([&] { return attached->subscription->ended(); });
  EXPECT_EQ(heard.steps(), Numbers{4});
  EXPECT_EQ(attached->subscription->newest(), 4);
}

TEST_F(FollowFolderTest, LinesComeAsTheyAreStored) {
  write(folder_, {stepDone(1, 2), stepDone(2, 2), stepDone(3, 2)});
  std::string lines;
  const auto visit = [&](std::string_view line) {
    lines += std::string(line) + "\n";
    return true;
  };
  ASSERT_TRUE(followLines(folder_.path, 0, visit, [] { return false; }));
  EXPECT_EQ(lines, store::readText(folder_.eventsFile()));
  lines.clear();
  ASSERT_TRUE(followLines(folder_.path, 2, visit, [] { return false; }));
  EXPECT_EQ(std::ranges::count(lines, '\n'), 1);
  const auto lock = store::RunLock::take(folder_);
  ASSERT_TRUE(followLines(folder_.path, 3, visit, [] { return true; })) << "it is left while the run goes on";
  ASSERT_TRUE(followLines(
      folder_.path, 0, [](std::string_view) { return false; }, [] { return false; }));
}

TEST_F(FollowFolderTest, TwoFollowersHearTheSame) {
  std::optional<store::RunLock> lock = *store::RunLock::take(folder_);
  Heard one;
  Heard other;
  const auto first = followFolder(folder_, 0, one);
  const auto second = followFolder(folder_, 0, other);
  for (std::int64_t step = 1; step <= 200; ++step) write(folder_, {stepDone(step, 2)});
  lock.reset();
  waitUntil([&] { return first->subscription->ended() && second->subscription->ended(); });
  EXPECT_EQ(one.steps().size(), 200U);
  EXPECT_EQ(one.steps(), other.steps());
}

TEST_F(FollowFolderTest, ItsEndLeavesTheRunAlone) {
  const auto lock = store::RunLock::take(folder_);
  {
    Heard heard;
    const auto attached = followFolder(folder_, 0, heard);
    ASSERT_TRUE(attached);
  }
  EXPECT_TRUE(store::isLocked(folder_));
}

}  // namespace
}  // namespace rosa::host
