// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/event_log.h"

#include <algorithm>
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
  EXPECT_EQ(readText(folder_.eventsFile()), toJson(stepDone(1, 1)) + "\n");
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

TEST_F(EventLogTest, OpeningNamesTheFileItCannotWrite) {
  fs::create_directory(folder_.metricsFile());
  const auto log = EventLog::open(folder_);
  ASSERT_FALSE(log);
  EXPECT_NE(log.error().message.find("metrics.jsonl"), std::string::npos) << log.error().message;
}

}  // namespace
}  // namespace rosa::store
