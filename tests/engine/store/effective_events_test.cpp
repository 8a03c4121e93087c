// SPDX-License-Identifier: GPL-3.0-or-later
#include <string>
#include <vector>

#include "store_fixture.h"

namespace rosa::store {
namespace {

std::vector<std::string> texts(const std::vector<Event>& events) {
  std::vector<std::string> found;
  for (const Event& event : events) found.push_back(toJson(event));
  return found;
}

CheckpointSaved savedAt(std::int64_t step) {
  CheckpointSaved event;
  event.step = step;
  return event;
}

EvaluationCompleted evaluatedAt(std::int64_t step) {
  EvaluationCompleted event;
  event.step = step;
  return event;
}

RunFinished endedAt(std::int64_t step) {
  RunFinished event;
  event.step = step;
  return event;
}

TEST(EffectiveEvents, LeavesARunWithoutResumesAlone) {
  const std::vector<Event> events = {startedAfter(0), stepDone(1, 3), stepDone(2, 2), endedAt(2)};
  EXPECT_EQ(texts(effectiveEvents(events)), texts(events));
  EXPECT_TRUE(effectiveEvents(std::vector<Event>()).empty());
}

TEST(EffectiveEvents, AResumeDropsTheStepsAfterIt) {
  EXPECT_EQ(
      texts(effectiveEvents({startedAfter(0), stepDone(1, 3), savedAt(1), LogLine{"info", "x"}, stepDone(2, 2),
                             evaluatedAt(2), RunFailed{2, "power"}, startedAfter(1), stepDone(2, 9)})),
      texts({startedAfter(0), stepDone(1, 3), savedAt(1), LogLine{"info", "x"}, startedAfter(1), stepDone(2, 9)}));
}

TEST(EffectiveEvents, LaterResumesMayGoBackFurther) {
  EXPECT_EQ(texts(effectiveEvents({startedAfter(0), stepDone(1, 1), stepDone(2, 2), stepDone(3, 3), startedAfter(2),
                                   stepDone(3, 4), startedAfter(1), stepDone(2, 5), stepDone(3, 6)})),
            texts({startedAfter(0), stepDone(1, 1), startedAfter(2), startedAfter(1), stepDone(2, 5), stepDone(3, 6)}));
}

TEST(EffectiveEvents, StartingOverDropsEveryStep) {
  EXPECT_EQ(texts(effectiveEvents({startedAfter(0), stepDone(1, 1), startedAfter(0), stepDone(1, 2)})),
            texts({startedAfter(0), startedAfter(0), stepDone(1, 2)}));
}

}  // namespace
}  // namespace rosa::store
