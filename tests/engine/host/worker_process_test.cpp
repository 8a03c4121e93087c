// SPDX-License-Identifier: GPL-3.0-or-later
#include "host/worker_process.h"

#include <unistd.h>
#include <csignal>
#include <cstdlib>

#include "../store/store_fixture.h"
#include "rosa/runs.h"

namespace rosa::host {
namespace {

using store::readText;
using store::startedAfter;
using store::stepDone;

class WorkerProcessTest : public store::StoreTest {
 protected:
  /// Lets a child train as told, and returns the last event of the run. The child ends within `train`.
  Event lastAfter(const std::function<void()>& train) {
    WorkerOrder order;
    order.request.runDirectory = folder_.path;
    exitCode_ = superviseRun(
        order,
        [&]() -> int {
          train();
          ::_exit(0);
        },
        [this] { ++afterwards_; });
    const auto events = store::readEvents(folder_);
    EXPECT_TRUE(events && !events->empty());
    return events->back();
  }
  void tell(const std::vector<Event>& events) const {
    auto log = store::EventLog::open(folder_);
    if (!log) ::_exit(9);
    for (const auto& event : events) {
      if (!log->append(event)) ::_exit(9);
    }
  }

  store::RunFolder folder_ = makeRun();
  int exitCode_ = -1;
  int afterwards_ = 0;
};

TEST_F(WorkerProcessTest, ACrashIsToldInTheRunWithItsLastStep) {
  const auto last = lastAfter([this] {
    tell({startedAfter(0), stepDone(1, 2), stepDone(2, 2)});
    std::abort();
  });
  const auto* ended = std::get_if<WorkerEnded>(&last);
  ASSERT_NE(ended, nullptr) << toJson(last);
  EXPECT_EQ(ended->step, 2);
  EXPECT_NE(ended->reason.find("signal 6 (Aborted)"), std::string::npos) << ended->reason;
  EXPECT_NE(ended->reason.find("worker.log"), std::string::npos) << ended->reason;
  EXPECT_NE(exitCode_, 0);
  EXPECT_EQ(afterwards_, 1) << "the queue goes on after a crash too";
}

TEST_F(WorkerProcessTest, AKillNamesMemoryAsWhatItMayHaveBeen) {
  const auto last = lastAfter([this] {
    tell({startedAfter(0)});
    std::raise(SIGKILL);
  });
  const auto* ended = std::get_if<WorkerEnded>(&last);
  ASSERT_NE(ended, nullptr) << toJson(last);
  EXPECT_NE(ended->reason.find("memory ran out"), std::string::npos) << ended->reason;
}

TEST_F(WorkerProcessTest, ARunThatTellsItsEndHasNoOther) {
  const auto last = lastAfter([this] { tell({startedAfter(0), RunFinished{}}); });
  EXPECT_TRUE(std::holds_alternative<RunFinished>(last));
  EXPECT_EQ(exitCode_, 0);
}

TEST_F(WorkerProcessTest, TheEndOfAnEarlierSessionIsNotThatOfThisOne) {
  write(folder_, {startedAfter(0), stepDone(1, 2), RunFinished{}});
  const auto last = lastAfter([this] {
    tell({startedAfter(1), stepDone(2, 2)});
    std::raise(SIGSEGV);
  });
  const auto* ended = std::get_if<WorkerEnded>(&last);
  ASSERT_NE(ended, nullptr) << toJson(last);
  EXPECT_EQ(ended->step, 2);
}

TEST_F(WorkerProcessTest, AProgramThatIsNotThereIsNamed) {
  const auto lock = store::RunLock::take(folder_);
  ASSERT_TRUE(lock);
  WorkRequest request;
  request.runDirectory = folder_.path;
  const auto status = spawnWorker("/nowhere/rosa", request, *lock, -1);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("/nowhere/rosa"), std::string::npos) << status.error().message;
}

TEST_F(WorkerProcessTest, TheLockPassesOverToTheProcess) {
  const store::Variable policy{"OMP_WAIT_POLICY", std::nullopt};
  const store::Variable spins{"GOMP_SPINCOUNT", std::nullopt};
  // A shell that stands in for the worker: it stays for as long as its folder has no file "go".
  const auto program = outside() / "worker";
  std::filesystem::create_directories(outside());
  store::writeText(program,
                   "#!/bin/sh\necho \"$@\" > \"$2/arguments\"\necho \"$GOMP_SPINCOUNT\" > \"$2/spins\"\n"
                   "(while [ ! -e \"$2/go\" ]; do sleep 0.02; done; touch \"$2/gone\") &\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  WorkRequest request;
  request.runDirectory = folder_.path;
  request.resume = true;
  request.acceptedChanges = "train.csv has changed";
  request.commandsFrom = 12;
  {
    const auto lock = store::RunLock::take(folder_);
    ASSERT_TRUE(lock);
    const auto status = spawnWorker(program, request, *lock, -1);
    ASSERT_TRUE(status) << status.error().message;
  }
  EXPECT_TRUE(store::isLocked(folder_)) << "this process holds it no longer, the worker does";
  store::writeText(folder_.path / "go", "");
  while (store::isLocked(folder_)) ::usleep(5000);
  EXPECT_TRUE(std::filesystem::exists(folder_.path / "gone"));
  EXPECT_EQ(readText(folder_.path / "spins"), "1000\n") << "its threads do not wait for long at the cost of others";
  const auto arguments = readText(folder_.path / "arguments");
  for (const char* part : {"worker ", "--lock 3", "--resume", "train.csv has changed", "--commands-from 12"}) {
    EXPECT_NE(arguments.find(part), std::string::npos) << arguments;
  }
}

}  // namespace
}  // namespace rosa::host
