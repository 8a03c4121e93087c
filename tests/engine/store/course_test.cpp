// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/course.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "store/course_line.h"
#include "store_fixture.h"
#include "support/example_events.h"

namespace rosa::store {
namespace {

std::vector<std::string> jsonOf(const std::vector<StoredEvent>& events) {
  std::vector<std::string> found;
  for (const auto& stored : events) found.push_back(toJson(stored.event));
  return found;
}

std::vector<std::string> jsonOf(const std::vector<Event>& events) {
  std::vector<std::string> found;
  for (const auto& event : events) found.push_back(toJson(event));
  return found;
}

CheckpointSaved savedAtOne() {
  CheckpointSaved event;
  event.step = 1;
  return event;
}

class CourseTest : public StoreTest {
 protected:
  [[nodiscard]] Course course(std::int64_t after = 0) const {
    auto read = readCourse(folder_, after);
    EXPECT_TRUE(read) << read.error().message;
    return *std::move(read);
  }
  /// Written at once: a log of its own would write each line by itself.
  void writeMany(std::int64_t first, std::int64_t last, const std::function<Event(std::int64_t)>& event) const {
    std::string text;
    for (std::int64_t number = first; number <= last; ++number) {
      text += toJson(StoredEvent{number, 1e9, event(number)}) + "\n";
    }
    appendText(folder_.eventsFile(), text);
  }
  RunFolder folder_ = makeRun();
};

TEST_F(CourseTest, OfAShortRunIsEveryEffectiveEvent) {
  const std::vector<Event> events = {startedAfter(0), stepDone(1, 3),       stepDone(2, 2),
                                     savedAtOne(),    LogLine{"info", "x"}, PhaseChanged{"training", 2},
                                     startedAfter(1), stepDone(2, 9)};
  write(folder_, events);
  const Course read = course();
  EXPECT_EQ(jsonOf(read.events), jsonOf(effectiveEvents(events)));
  EXPECT_EQ(read.newest, static_cast<std::int64_t>(events.size()));
  EXPECT_EQ(read.offset, static_cast<std::int64_t>(fs::file_size(folder_.eventsFile())));
  EXPECT_EQ(read.losses, (std::vector<float>{3, 9}));
  EXPECT_TRUE(std::isnan(std::get<StepCompleted>(read.events[1].event).smoothedLoss)) << "nothing was left out";
}

TEST_F(CourseTest, OfAFolderWithoutEventsIsEmpty) {
  const Course read = course();
  EXPECT_TRUE(read.events.empty());
  EXPECT_EQ(read.newest, 0);
}

TEST_F(CourseTest, TakesLinesOfOtherVersionsAndPassesOverGarbage) {
  appendText(folder_.eventsFile(),
             "{\"event\":\"run_started\",\"total_steps\":9}\n"
             "{ \"event\" : \"step_completed\", \"step\" : 1, \"loss\" : 4.5 }\n"
             "{\"event\":\"step_completed\",\"step\":2,\"loss\":4}\n"
             "garbage\n"
             "{\"sequence\":9,\"time\":1.0,\"event\":\"step_completed\",\"step\":x}\n"
             "{\"sequence\":7,\"time\":1.0,\"event\":\"log_line\",\"level\":\"info\",\"text\":\"late\"}\n"
             "{\"event\":\"step_comp");
  const Course read = course();
  ASSERT_EQ(read.events.size(), 4U);
  EXPECT_EQ(read.events[1].sequence, 2) << "counted where it is not numbered";
  EXPECT_EQ(read.events[3].sequence, 7);
  EXPECT_EQ(read.newest, 7);
}

TEST_F(CourseTest, GlancesAtWhatThisVersionWrites) {
  for (const Event& event : test::exampleEvents(test::kExampleSteps)) {
    const auto glance = glanceAt(toJson(StoredEvent{12, 1.5, event}));
    EXPECT_EQ(glance.sequence, 12);
    EXPECT_EQ(glance.kind == LineKind::Step, std::holds_alternative<StepCompleted>(event)) << toJson(event);
    EXPECT_EQ(glance.kind == LineKind::Memory, std::holds_alternative<MemorySampled>(event)) << toJson(event);
    EXPECT_EQ(glance.kind == LineKind::Phase, std::holds_alternative<PhaseChanged>(event)) << toJson(event);
    EXPECT_EQ(glance.kind == LineKind::Log, std::holds_alternative<LogLine>(event)) << toJson(event);
    if (const auto* step = std::get_if<StepCompleted>(&event)) {
      EXPECT_EQ(glance.step, step->step);
      EXPECT_EQ(glance.tokens, step->tokens);
      EXPECT_EQ(glance.applied, step->applied);
      if (std::isfinite(step->loss)) {
        EXPECT_EQ(glance.loss, step->loss);
      }
    }
    if (const auto* memory = std::get_if<MemorySampled>(&event)) {
      EXPECT_EQ(glance.bytes, memory->parts.totalBytes());
    }
  }
}

TEST(CourseLine, IsReadAsJsonIs) {
  auto events = test::exampleEvents(test::kExampleSteps);
  StepCompleted odd;
  odd.step = -3;
  odd.loss = std::numeric_limits<double>::infinity();
  odd.gradientNorm = -odd.loss;
  odd.epoch = std::numeric_limits<double>::quiet_NaN();
  odd.learningRate = 5e-324;
  odd.applied = false;
  events.emplace_back(odd);
  ResampleCompleted strange;
  strange.layers = {{"a \"quoted\" \\ name", 1, 2, 3}, {"größer", -1, 0, 0}};
  events.emplace_back(strange);
  strange.layers = {};
  events.emplace_back(strange);
  for (const Event& event : events) {
    const std::string line = toJson(StoredEvent{12, 1.5, event});
    const auto read = storedEventOf(line);
    ASSERT_TRUE(read) << line;
    EXPECT_EQ(toJson(*read), line);
    // Cut or changed anywhere it is no other event than JSON makes of it.
    for (std::size_t at = 0; at < line.size(); at += 7) {
      for (const std::string& broken : {line.substr(0, at), line.substr(0, at) + "x" + line.substr(at)}) {
        const auto quick = storedEventOf(broken);
        const auto slow = storedEventFromJson(broken);
        ASSERT_EQ(bool(quick), bool(slow)) << broken;
        if (quick) {
          EXPECT_EQ(toJson(*quick), toJson(*slow)) << broken;
        }
      }
    }
  }
}

TEST_F(CourseTest, OfALongRunKeepsSpikesSumsAndTheMean) {
  constexpr std::int64_t kSteps = 40'000;
  const auto lossOf = [](std::int64_t step) {
    return step == 12'345 ? 99.0 : 2.0 + std::sin(0.01 * static_cast<double>(step));
  };
  writeMany(1, 1, [](std::int64_t) { return startedAfter(0); });
  writeMany(2, kSteps + 1, [&](std::int64_t number) {
    auto step = stepDone(number - 1, lossOf(number - 1));
    step.tokens = 10;
    step.gradientNorm = number - 1 == 3'333 ? 77 : 1;
    step.applied = number - 1 != 2'222;
    return step;
  });
  writeMany(kSteps + 2, kSteps + 2, [](std::int64_t) { return LogLine{"info", "the end"}; });
  const Course read = course();
  EXPECT_LT(read.events.size(), 10'000U);
  EXPECT_EQ(read.losses.size(), static_cast<std::size_t>(kSteps));
  std::int64_t tokens = 0;
  std::int64_t before = 0;
  double highest = 0;
  double steepest = 0;
  bool skipped = false;
  double sum = 0;
  double weight = 0;
  for (const auto& stored : read.events) {
    const auto* step = std::get_if<StepCompleted>(&stored.event);
    if (step == nullptr) continue;
    ASSERT_GT(step->step, before);
    for (std::int64_t one = before + 1; one <= step->step; ++one) {
      sum = kUsualSmoothing * sum + (1 - kUsualSmoothing) * lossOf(one);
      weight = kUsualSmoothing * weight + (1 - kUsualSmoothing);
    }
    EXPECT_NEAR(step->smoothedLoss, sum / weight, 1e-9) << step->step;
    before = step->step;
    tokens += step->tokens;
    highest = std::max(highest, step->loss);
    steepest = std::max(steepest, step->gradientNorm);
    skipped = skipped || !step->applied;
  }
  EXPECT_EQ(before, kSteps) << "the newest is there";
  EXPECT_EQ(tokens, 10 * kSteps);
  EXPECT_EQ(highest, 99.0);
  EXPECT_EQ(steepest, 77.0);
  EXPECT_TRUE(skipped);
  EXPECT_EQ(toJson(read.events.back().event), toJson(Event(LogLine{"info", "the end"})));
}

TEST_F(CourseTest, OfALargeFileTheHalvesFitTogether) {
  // More than 16 MiB, with a session in each half that goes back.
  constexpr std::int64_t kEvents = 80'000;
  std::vector<Event> told;
  for (std::int64_t number = 1; number <= kEvents; ++number) {
    if (number == 10'000) {
      told.emplace_back(startedAfter(9'000));
    } else if (number == 50'000) {
      told.emplace_back(startedAfter(20'000));
    } else if (number % 100 == 0) {
      told.emplace_back(LogLine{"info", std::string(400, 'x') + std::to_string(number)});
    } else {
      told.emplace_back(stepDone(number < 50'000 ? number : number - 30'000, static_cast<double>(number)));
    }
  }
  writeMany(1, kEvents, [&](std::int64_t number) { return told[static_cast<std::size_t>(number - 1)]; });
  ASSERT_GT(fs::file_size(folder_.eventsFile()), std::uintmax_t{16} << 20);
  std::vector<float> losses;
  std::int64_t others = 0;
  for (const Event& event : effectiveEvents(told)) {
    if (const auto* step = std::get_if<StepCompleted>(&event)) {
      losses.push_back(static_cast<float>(step->loss));
    } else {
      ++others;
    }
  }
  const Course read = course();
  EXPECT_EQ(read.losses, losses);
  EXPECT_EQ(read.newest, kEvents);
  EXPECT_EQ(read.offset, static_cast<std::int64_t>(fs::file_size(folder_.eventsFile())));
  EXPECT_EQ(
      std::ranges::count_if(
          read.events, [](const StoredEvent& stored) { return !std::holds_alternative<StepCompleted>(stored.event); }),
      others);
  EXPECT_TRUE(std::ranges::is_sorted(read.events, {}, &StoredEvent::sequence));
}

TEST_F(CourseTest, GoesOnAfterASequence) {
  constexpr std::int64_t kEvents = 20'000;
  writeMany(1, kEvents, [](std::int64_t number) -> Event {
    if (number % 500 == 0) return LogLine{"info", std::string(3000, 'x')};
    return stepDone(number, 2);
  });
  for (const std::int64_t after : {1, 2, 499, 500, 9'999, 19'998, 19'999}) {
    const Course read = course(after);
    ASSERT_FALSE(read.events.empty()) << after;
    EXPECT_EQ(read.newest, kEvents);
    EXPECT_EQ(read.events.front().sequence, after + 1);
    EXPECT_EQ(read.events.back().sequence, kEvents);
  }
  EXPECT_TRUE(course(kEvents).events.empty());
  EXPECT_EQ(course(kEvents + 5).newest, kEvents + 5);
  const auto place = placeAfter(folder_, 15'000);
  ASSERT_TRUE(place);
  EXPECT_GT(place->offset, static_cast<std::int64_t>(fs::file_size(folder_.eventsFile()) / 2)) << "found by halving";
  EXPECT_LE(place->sequence, 15'000);
}

TEST_F(CourseTest, GoesOnAfterALineOfAFileWithoutNumbers) {
  std::string text;
  for (int step = 1; step <= 6'000; ++step) text += toJson(Event(stepDone(step, 2))) + "\n";
  appendText(folder_.eventsFile(), text);
  const Course read = course(5'990);
  ASSERT_EQ(read.events.size(), 10U);
  EXPECT_EQ(std::get<StepCompleted>(read.events.front().event).step, 5'991);
}

}  // namespace
}  // namespace rosa::store
