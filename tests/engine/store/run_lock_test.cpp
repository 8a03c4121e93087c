// SPDX-License-Identifier: GPL-3.0-or-later
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "store_fixture.h"

namespace rosa::store {
namespace {

/// Another process that takes the lock and keeps it until it is killed.
class OtherProcess {
 public:
  explicit OtherProcess(const RunFolder& folder) {
    std::array<int, 2> ready{};
    if (::pipe(ready.data()) != 0) return;
    pid_ = ::fork();
    if (pid_ == 0) {
      const auto lock = RunLock::take(folder);
      const char answer = lock ? 'y' : 'n';
      if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
      ::pause();
      ::_exit(0);
    }
    ::close(ready[1]);
    char answer = 'n';
    holds_ = ::read(ready[0], &answer, 1) == 1 && answer == 'y';
    ::close(ready[0]);
  }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;
  ~OtherProcess() { kill(); }

  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  [[nodiscard]] bool holds() const { return holds_; }

 private:
  pid_t pid_ = -1;
  bool holds_ = false;
};

using RunLockTest = StoreTest;

TEST_F(RunLockTest, IsHeldWhileItLives) {
  const RunFolder folder = makeRun();
  EXPECT_FALSE(isLocked(folder));
  {
    auto taken = RunLock::take(folder);
    ASSERT_TRUE(taken);
    EXPECT_TRUE(isLocked(folder));
    const RunLock moved = *std::move(taken);
    EXPECT_TRUE(isLocked(folder));
  }
  EXPECT_FALSE(isLocked(folder));
  EXPECT_TRUE(RunLock::take(folder));
}

TEST_F(RunLockTest, RefusesASecondProcessUntilTheFirstIsGone) {
  const RunFolder folder = makeRun();
  OtherProcess other(folder);
  ASSERT_TRUE(other.holds());
  EXPECT_TRUE(isLocked(folder));
  const auto refused = RunLock::take(folder);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("is being trained by another process."), std::string::npos);
  EXPECT_NE(refused.error().message.find(folder.path.string()), std::string::npos);

  other.kill();  // as a crash would, without a word
  EXPECT_FALSE(isLocked(folder));
  EXPECT_TRUE(RunLock::take(folder));
}

TEST_F(RunLockTest, IsRefusedToASecondProcess) {
  const RunFolder folder = makeRun();
  const auto taken = RunLock::take(folder);
  ASSERT_TRUE(taken);
  EXPECT_FALSE(OtherProcess(folder).holds());
}

TEST_F(RunLockTest, BelongsToOneRun) {
  const RunFolder one = makeRun();
  const RunFolder two = makeRun();
  const auto taken = RunLock::take(one);
  ASSERT_TRUE(taken);
  EXPECT_FALSE(isLocked(two));
  EXPECT_TRUE(RunLock::take(two));
}

TEST_F(RunLockTest, AFolderThatVanishedIsNotLocked) {
  const RunFolder folder{outside()};
  EXPECT_FALSE(isLocked(folder));
  const auto refused = RunLock::take(folder);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("does not exist"), std::string::npos) << refused.error().message;
}

}  // namespace
}  // namespace rosa::store
