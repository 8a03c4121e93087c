// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/event_log.h"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "store_fixture.h"

namespace rosa::store {
namespace {

class EventLogTest : public StoreTest {
 protected:
  RunFolder folder_ = makeRun();

  [[nodiscard]] std::vector<std::string> lines() const {
    const auto events = readEvents(folder_);
    EXPECT_TRUE(events);
    std::vector<std::string> texts;
    for (const Event& event : *events) texts.push_back(toJson(event));
    return texts;
  }
};

TEST_F(EventLogTest, KeepsEveryEventAndSortsThemIntoItsFiles) {
  const Event step = stepDone(1, 2.5);
  EvaluationCompleted evaluation;
  evaluation.step = 1;
  write(folder_, {startedAfter(0), PhaseChanged{"training", 0}, step, MemorySampled{}, evaluation,
                  LogLine{"warning", "slow\ndisk"}, RunFailed{1, "it broke"}});
  EXPECT_EQ(lines().size(), 7U);
  EXPECT_EQ(readText(folder_.metricsFile()), toJson(step) + "\n" + toJson(evaluation) + "\n");

  const std::string time = "0000-00-00T00:00:00Z ";
  EXPECT_EQ(digitsAsZeros(readText(folder_.logFile())),
            time + "info run started, 000 steps\n" + time + "info training (step 0)\n" + time +
                "warning slow\\ndisk\n" + time + "error run failed at step 0: it broke\n");
}

TEST_F(EventLogTest, GoesOnWhereItStopped) {
  write(folder_, {stepDone(1, 1)});
  write(folder_, {stepDone(2, 1)});
  EXPECT_EQ(lines(), (std::vector{toJson(stepDone(1, 1)), toJson(stepDone(2, 1))}));
}

TEST_F(EventLogTest, CanBeMoved) {
  auto opened = EventLog::open(folder_);
  ASSERT_TRUE(opened);
  EventLog log = *std::move(opened);
  EventLog other = std::move(log);
  ASSERT_TRUE(other.append(stepDone(1, 1)));
  EXPECT_EQ(lines().size(), 1U);
}

TEST_F(EventLogTest, ReadingLeavesATornLastLineOut) {
  write(folder_, {stepDone(1, 1)});
  appendText(folder_.eventsFile(), toJson(stepDone(2, 1)));  // whole but for its end: may still be cut
  EXPECT_EQ(lines(), std::vector{toJson(stepDone(1, 1))});
}

TEST_F(EventLogTest, OpeningCutsTornLinesOfAllFilesOff) {
  write(folder_, {stepDone(1, 1), LogLine{"info", "one"}});
  const std::string events = readText(folder_.eventsFile());
  const std::string log = readText(folder_.logFile());
  for (const auto& file : {folder_.eventsFile(), folder_.metricsFile(), folder_.logFile()}) appendText(file, "{\"ev");
  write(folder_, {});
  EXPECT_EQ(readText(folder_.eventsFile()), events);
  EXPECT_EQ(readText(folder_.metricsFile()), toJson(stepDone(1, 1)) + "\n");
  EXPECT_EQ(readText(folder_.logFile()), log);
}

TEST_F(EventLogTest, CutsOffATornLineLongerThanOneRead) {
  write(folder_, {stepDone(1, 1)});
  appendText(folder_.eventsFile(), std::string(200'000, 'x'));
  write(folder_, {stepDone(2, 1)});
  EXPECT_EQ(lines(), (std::vector{toJson(stepDone(1, 1)), toJson(stepDone(2, 1))}));
}

TEST_F(EventLogTest, CutsOffAFirstLineThatIsTorn) {
  writeText(folder_.eventsFile(), "{\"event\":\"run_st");
  write(folder_, {stepDone(1, 1)});
  EXPECT_EQ(lines(), std::vector{toJson(stepDone(1, 1))});
  EXPECT_TRUE(readText(folder_.eventsFile()).starts_with("{\"sequence\":1,"));
}

TEST_F(EventLogTest, ReadingPassesOverLinesItDoesNotKnow) {
  write(folder_, {stepDone(1, 1)});
  appendText(folder_.eventsFile(), "{\"event\":\"of_a_newer_version\"}\n\n" + std::string(20, '\0') + "\n");
  appendText(folder_.eventsFile(), std::string(17 << 20, ' ') + "\n");
  write(folder_, {stepDone(2, 1)});
  EXPECT_EQ(lines(), (std::vector{toJson(stepDone(1, 1)), toJson(stepDone(2, 1))}));
}

TEST_F(EventLogTest, ReadsLinesLongerThanOnePiece) {
  ResampleCompleted resample;
  for (int i = 0; i < 3000; ++i) resample.layers.push_back({"model.layers." + std::to_string(i), i, 8, 4096});
  ASSERT_GT(toJson(resample).size(), 200'000U);
  write(folder_, {stepDone(1, 1), resample, stepDone(2, 1)});
  EXPECT_EQ(lines(), (std::vector{toJson(stepDone(1, 1)), toJson(resample), toJson(stepDone(2, 1))}));
}

TEST_F(EventLogTest, AFolderWithoutEventsHasNone) {
  EXPECT_TRUE(lines().empty());
}

/// Files of this process may not grow beyond a size, as on a full disk, for as long as the object lives.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(EventLogTest, WhatCouldNotBeWrittenFollowsInOrderOnceItCan) {
  auto log = EventLog::open(folder_);
  ASSERT_TRUE(log);
  ASSERT_TRUE(log->append(stepDone(1, 1)));
  {
    const FullDisk full(fs::file_size(folder_.eventsFile()) + 10);
    for (std::int64_t step = 2; step < 6; ++step) {
      const auto status = log->append(stepDone(step, 1));
      ASSERT_FALSE(status) << step;
      EXPECT_NE(status.error().message.find("events.jsonl"), std::string::npos) << status.error().message;
    }
    EXPECT_FALSE(log->append(LogLine{"info", "one"}));
  }
  ASSERT_TRUE(log->append(stepDone(6, 1)));
  std::vector<std::string> all;
  std::string metrics;
  for (std::int64_t step = 1; step < 7; ++step) {
    if (step == 6) all.push_back(toJson(LogLine{"info", "one"}));
    all.push_back(toJson(stepDone(step, 1)));
    metrics += all.back() + "\n";
  }
  EXPECT_EQ(lines(), all);
  EXPECT_EQ(readText(folder_.metricsFile()), metrics);
}

TEST_F(EventLogTest, ALineIsInEachFileOnceAlthoughOneOfThemFailed) {
  auto log = EventLog::open(folder_);
  ASSERT_TRUE(log);
  ASSERT_TRUE(log->append(LogLine{"info", std::string(4000, 'x')}));  // events.jsonl and log.txt are large then
  {
    const FullDisk full(fs::file_size(folder_.eventsFile()) + toJson(StoredEvent{2, 1e9, stepDone(1, 1)}).size() + 1);
    ASSERT_TRUE(log->append(stepDone(1, 1)));
    ASSERT_FALSE(log->append(LogLine{"info", "two"}));
  }
  ASSERT_TRUE(log->append(stepDone(2, 1)));
  EXPECT_EQ(lines().size(), 4U);
  EXPECT_EQ(readText(folder_.metricsFile()), toJson(stepDone(1, 1)) + "\n" + toJson(stepDone(2, 1)) + "\n");
}

TEST_F(EventLogTest, WhatThereWasNoRoomForIsToldInItsPlace) {
  auto log = EventLog::open(folder_);
  ASSERT_TRUE(log);
  ASSERT_TRUE(log->append(stepDone(1, 1)));
  log->setMostWaitingBytes(1);
  {
    const FullDisk full(fs::file_size(folder_.eventsFile()) + 10);
    for (std::int64_t step = 2; step < 6; ++step) ASSERT_FALSE(log->append(stepDone(step, 1)));
  }
  ASSERT_TRUE(log->append(stepDone(6, 1)));
  const auto stored = lines();
  ASSERT_EQ(stored.size(), 4U);
  EXPECT_EQ(stored[1], toJson(stepDone(2, 1)));
  EXPECT_NE(stored[2].find("3 events are missing here"), std::string::npos) << stored[2];
  EXPECT_EQ(stored[3], toJson(stepDone(6, 1)));
}

TEST_F(EventLogTest, OpeningNamesTheFileItCannotWrite) {
  fs::create_directory(folder_.metricsFile());
  const auto log = EventLog::open(folder_);
  ASSERT_FALSE(log);
  EXPECT_NE(log.error().message.find("metrics.jsonl"), std::string::npos) << log.error().message;
}

}  // namespace
}  // namespace rosa::store
