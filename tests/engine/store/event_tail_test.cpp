// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/event_tail.h"

#include <string>
#include <vector>

#include "store_fixture.h"

namespace rosa::store {
namespace {

class EventTailTest : public StoreTest {
 protected:
  [[nodiscard]] std::vector<std::int64_t> sequences(EventTail& tail) {
    std::vector<std::int64_t> seen;
    EXPECT_TRUE(tail.read([&](const StoredEvent& stored) { seen.push_back(stored.sequence); }));
    return seen;
  }
  RunFolder folder_ = makeRun();
};

using Numbers = std::vector<std::int64_t>;

TEST_F(EventTailTest, BringsWhatHasComeSinceTheLastTime) {
  EventTail tail(folder_);
  EXPECT_EQ(sequences(tail), Numbers{}) << "there is no file yet";
  write(folder_, {startedAfter(0), stepDone(1, 2)});
  EXPECT_EQ(sequences(tail), (Numbers{1, 2}));
  EXPECT_EQ(sequences(tail), Numbers{});
  write(folder_, {stepDone(2, 2)});
  EXPECT_EQ(sequences(tail), Numbers{3}) << "numbers go on over sessions";
  EventTail other(folder_, tail.offset());
  write(folder_, {stepDone(3, 2)});
  EXPECT_EQ(sequences(other), Numbers{4});
}

TEST_F(EventTailTest, WaitsForTheEndOfALine) {
  write(folder_, {stepDone(1, 2)});
  EventTail tail(folder_);
  EXPECT_EQ(sequences(tail), Numbers{1});
  const std::string line = toJson(StoredEvent{2, 5, stepDone(2, 2)});
  appendText(folder_.eventsFile(), line.substr(0, 20));
  EXPECT_EQ(sequences(tail), Numbers{});
  appendText(folder_.eventsFile(), line.substr(20) + "\n");
  EXPECT_EQ(sequences(tail), Numbers{2});
}

TEST_F(EventTailTest, GoesOnAfterATornLineThatTheNextSessionCutOff) {
  write(folder_, {stepDone(1, 2)});
  appendText(folder_.eventsFile(), "{\"event\":\"step_compl");
  EventTail tail(folder_);
  EXPECT_EQ(sequences(tail), Numbers{1});
  write(folder_, {stepDone(2, 2)});
  EXPECT_EQ(sequences(tail), Numbers{2});
}

TEST_F(EventTailTest, PassesOverLinesThatAreTooLongWhereverTheyAreCut) {
  EventTail tail(folder_);
  appendText(folder_.eventsFile(), std::string(kLongestEvent + 100, 'x'));
  EXPECT_EQ(sequences(tail), Numbers{});
  appendText(folder_.eventsFile(), std::string(100'000, 'x'));
  EXPECT_EQ(sequences(tail), Numbers{});
  appendText(folder_.eventsFile(), "\n" + toJson(StoredEvent{9, 5, stepDone(2, 2)}) + "\n");
  EXPECT_EQ(sequences(tail), Numbers{9});
}

TEST_F(EventTailTest, NumbersGoOnAfterFilesWithoutAny) {
  for (int step = 1; step <= 3; ++step) appendText(folder_.eventsFile(), toJson(stepDone(step, 2)) + "\n");
  write(folder_, {stepDone(4, 2)});
  ResampleCompleted longLine;
  for (int i = 0; i < 3000; ++i) longLine.layers.push_back({"model.layers." + std::to_string(i), i, 8, 4096});
  write(folder_, {longLine});
  write(folder_, {stepDone(5, 2)});
  EventTail tail(folder_);
  EXPECT_EQ(sequences(tail), (Numbers{0, 0, 0, 4, 5, 6}));
}

}  // namespace
}  // namespace rosa::store
