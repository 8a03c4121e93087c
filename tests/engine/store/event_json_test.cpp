// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "rosa/events.h"

namespace rosa {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();

/// One of each, every field with a value of its own that is not its default.
std::vector<Event> everyEvent() {
  return {
      RunStarted{"/runs/a",
                 "näme \"quoted\"",
                 "/m",
                 "/d",
                 "lm",
                 "rosa",
                 "merged",
                 "cpu",
                 4,
                 300,
                 100,
                 7,
                 800,
                 200,
                 260032,
                 5000,
                 35,
                 100,
                 {1, 2, 3, 4, 5},
                 kLargest,
                 12,
                 3,
                 4,
                 1},
      PhaseChanged{"training", 12},
      StepCompleted{3, 0.25, kNaN, 1e-3, kInfinity, false, 512, 0.125, 4096.5, 1.5, -kInfinity},
      MemorySampled{3, {11, 12, 13, 14, 15}, 16, 17, 18},
      ResampleCompleted{
          100, 2, {{"layers.0.q_proj", 8, 4, 64}, {"layers.1.q_proj", 0, 4, 48}}, 1.5, 2.25, 2.5, 0.75, 200, 0.0625},
      ResampleSettled{2, 100, -0.125},
      EvaluationCompleted{100, 1.1, {{"perplexity", 3.004166023946433}, {"matthews", kNaN}}, 50, 0.5, true, 6},
      TextSampled{100, "Once", "line\nbreak \\ \t\u2028", "asked", 7},
      CheckpointSaved{100, "/runs/a/checkpoints/step-000100", 1234567890123, 33.5, true, true},
      ExportCompleted{"/runs/a/exports/merged", 99, 1e-7, 4096},
      CommandReceived{44, "set_learning_rate", "0.001"},
      LogLine{"warning", "two\nlines"},
      RunRefused{"The data are others.", "train.csv has changed"},
      RunFailed{55, "the disk is full"},
      WorkerEnded{56, "Killed."},
      RunFinished{300, "completed", 0.1, {{"accuracy", 1.0 / 3}}, 61.5, 1 << 20, "/runs/a/checkpoints/step-000300"},
  };
}

class EachEvent : public testing::TestWithParam<Event> {};
INSTANTIATE_TEST_SUITE_P(EventJson, EachEvent, testing::ValuesIn(everyEvent()));

TEST(EventJson, ListOfTheseTestsIsComplete) {
  const auto events = everyEvent();
  ASSERT_EQ(events.size(), std::variant_size_v<Event>);
  for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i].index(), i);
}

TEST_P(EachEvent, ComesBackAsItWas) {
  const std::string line = toJson(GetParam());
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto back = eventFromJson(line);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->index(), GetParam().index());
  // Every field stands in the text, so equal texts are equal events, NaN included.
  EXPECT_EQ(toJson(*back), line);
}

// A key that is written from one member and read into another would pass the test above only if both directions
// agreed; a struct with all defaults has another text than the filled one in every key.
TEST_P(EachEvent, HasNoFieldLeftAtItsDefault) {
  const std::string filled = toJson(GetParam());
  const auto empty = std::visit([](const auto& event) { return toJson(std::decay_t<decltype(event)>{}); }, GetParam());
  EXPECT_NE(filled, empty);
}

TEST(EventJson, SpellsNamesNumbersAndNotANumber) {
  StepCompleted event;
  event.step = 3;
  event.loss = kNaN;
  event.gradientNorm = kInfinity;
  event.learningRate = 0.1;
  EXPECT_EQ(toJson(event),
            R"({"event":"step_completed","step":3,"epoch":0.0,"loss":"NaN","learning_rate":0.1,)"
            R"("gradient_norm":"Infinity","applied":true,"tokens":0,"step_seconds":0.0,"tokens_per_second":0.0,)"
            R"("elapsed_seconds":0.0,"remaining_seconds":0.0})");
}

TEST(EventJson, FillsTheMembersThatTheKeysName) {
  const auto event = eventFromJson(
      R"({"event":"run_started","run_directory":"r","name":"n","model":"m","data":"d","task":"t","method":"h",)"
      R"("form":"f","device":"v","threads":1,"total_steps":2,"steps_per_epoch":3,"first_step":4,"train_examples":5,)"
      R"("validation_examples":6,"total_parameters":7,"trainable_parameters":8,"adapted_layers":9,)"
      R"("resample_every_steps":10,"estimate":{"weights_bytes":11,"trainable_bytes":12,"moments_bytes":13,)"
      R"("activations_bytes":14,"other_bytes":15},"memory_limit_bytes":16})");
  ASSERT_TRUE(event) << event.error().message;
  const auto& started = std::get<RunStarted>(*event);
  EXPECT_EQ(started.runDirectory + started.name + started.model + started.data + started.task + started.method +
                started.form + started.device,
            "rnmdthfv");
  const std::vector<std::int64_t> numbers = {started.threads,
                                             started.totalSteps,
                                             started.stepsPerEpoch,
                                             started.firstStep,
                                             started.trainExamples,
                                             started.validationExamples,
                                             started.totalParameters,
                                             started.trainableParameters,
                                             started.adaptedLayers,
                                             started.resampleEverySteps,
                                             started.estimate.weightsBytes,
                                             started.estimate.trainableBytes,
                                             started.estimate.momentsBytes,
                                             started.estimate.activationsBytes,
                                             started.estimate.otherBytes,
                                             started.memoryLimitBytes};
  for (std::size_t i = 0; i < numbers.size(); ++i) EXPECT_EQ(numbers[i], static_cast<std::int64_t>(i) + 1);
}

TEST(EventJson, ReadsNotANumberIntoNumbers) {
  const auto event = eventFromJson(R"({"event":"step_completed","loss":"NaN","epoch":"-Infinity","tokens":7})");
  ASSERT_TRUE(event) << event.error().message;
  const auto& step = std::get<StepCompleted>(*event);
  EXPECT_TRUE(std::isnan(step.loss));
  EXPECT_EQ(step.epoch, -kInfinity);
  EXPECT_EQ(step.tokens, 7);
  EXPECT_TRUE(step.applied) << "a missing key keeps its default";
}

TEST(EventJson, IgnoresUnknownKeys) {
  EXPECT_TRUE(eventFromJson(R"({"event":"log_line","level":"info","text":"x","colour":[1,{"a":2}]})"));
}

TEST(EventJson, WritesBrokenBytesAsReplacementCharacters) {
  EXPECT_EQ(toJson(LogLine{"info", "a\xff"}), "{\"event\":\"log_line\",\"level\":\"info\",\"text\":\"a\xEF\xBF\xBD\"}");
}

class WrongLine : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(
    EventJson, WrongLine,
    testing::Values("", "{", "[]", "7", "{}", R"({"event":7})", R"({"event":"run_exploded"})",
                    R"({"event":"log_line","level":7})", R"({"event":"step_completed","step":1.5})",
                    R"({"event":"step_completed","step":9223372036854775808})",
                    R"({"event":"step_completed","loss":"nan"})", R"({"event":"step_completed","applied":1})",
                    R"({"event":"step_completed","step":1} {})", R"({"event":"evaluation_completed","metrics":[]})",
                    R"({"event":"evaluation_completed","metrics":{"f1":"high"}})",
                    R"({"event":"resample_completed","layers":{}})", R"({"event":"resample_completed","layers":[7]})",
                    R"({"event":"resample_completed","layers":[{"start":"x"}]})",
                    R"({"event":"memory_sampled","parts":{"weights_bytes":true}})"));

TEST_P(WrongLine, IsAnError) {
  const auto event = eventFromJson(GetParam());
  ASSERT_FALSE(event);
  EXPECT_FALSE(event.error().message.empty());
}

TEST(EventJson, AStoredEventCarriesItsSequenceAndTime) {
  const std::string line = toJson(StoredEvent{7, 1764457123.25, PhaseChanged{"training", 3}});
  EXPECT_EQ(line, "{\"sequence\":7,\"time\":1764457123.250," + toJson(PhaseChanged{"training", 3}).substr(1));
  const auto back = storedEventFromJson(line);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->sequence, 7);
  EXPECT_EQ(back->time, 1764457123.25);
  EXPECT_EQ(toJson(back->event), toJson(PhaseChanged{"training", 3}));
  EXPECT_TRUE(eventFromJson(line)) << "a reader of events takes stored ones";
  const auto old = storedEventFromJson(toJson(PhaseChanged{"training", 3}));
  ASSERT_TRUE(old);
  EXPECT_EQ(old->sequence, 0) << "files of older versions have none";
}

}  // namespace
}  // namespace rosa
