// SPDX-License-Identifier: GPL-3.0-or-later
#include "bridge/mailbox.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace rosa::ui {
namespace {

StepCompleted stepAt(std::int64_t step) {
  StepCompleted event;
  event.step = step;
  return event;
}

ResampleCompleted resampleAt(std::int64_t step) {
  ResampleCompleted event;
  event.step = step;
  return event;
}

template <typename Kind>
std::vector<Kind> only(const std::vector<Event>& events) {
  std::vector<Kind> found;
  for (const Event& event : events) {
    if (const auto* kind = std::get_if<Kind>(&event)) found.push_back(*kind);
  }
  return found;
}

TEST(Mailbox, GivesEventsInOrderAndOnce) {
  Mailbox mailbox;
  mailbox.receive(stepAt(1));
  mailbox.receive(resampleAt(1));
  mailbox.receive(stepAt(2));
  const auto events = mailbox.take();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(std::get<StepCompleted>(events[0]).step, 1);
  EXPECT_TRUE(std::holds_alternative<ResampleCompleted>(events[1]));
  EXPECT_EQ(std::get<StepCompleted>(events[2]).step, 2);
  EXPECT_TRUE(mailbox.take().empty());
  EXPECT_EQ(mailbox.dropped(), 0);
}

TEST(Mailbox, ThinsOutStepsWhenNobodyTakesThem) {
  Mailbox mailbox(16);
  constexpr std::int64_t kSteps = 100000;
  for (std::int64_t step = 1; step <= kSteps; ++step) mailbox.receive(stepAt(step));
  const auto steps = only<StepCompleted>(mailbox.take());
  EXPECT_LE(steps.size(), 16U);
  EXPECT_EQ(steps.back().step, kSteps);
  EXPECT_EQ(mailbox.dropped(), kSteps - static_cast<std::int64_t>(steps.size()));
  for (std::size_t i = 1; i < steps.size(); ++i) EXPECT_LT(steps[i - 1].step, steps[i].step);
}

TEST(Mailbox, KeepsTheNewestOfEachKind) {
  Mailbox mailbox(8);
  mailbox.receive(PhaseChanged{"paused", 3});
  for (std::int64_t step = 1; step <= 1000; ++step) mailbox.receive(stepAt(step));
  const auto phases = only<PhaseChanged>(mailbox.take());
  ASSERT_EQ(phases.size(), 1U);
  EXPECT_EQ(phases[0].phase, "paused");
}

TEST(Mailbox, NeverLosesResamplesEvaluationsAndTheEnd) {
  Mailbox mailbox(8);
  for (std::int64_t step = 1; step <= 5000; ++step) {
    mailbox.receive(stepAt(step));
    if (step % 10 == 0) mailbox.receive(resampleAt(step));
    if (step % 25 == 0) {
      EvaluationCompleted evaluation;
      evaluation.step = step;
      mailbox.receive(evaluation);
    }
  }
  mailbox.receive(RunFailed{5000, "The disk is full."});
  mailbox.receive(RunFinished{});
  const auto events = mailbox.take();
  EXPECT_EQ(only<ResampleCompleted>(events).size(), 500U);
  EXPECT_EQ(only<EvaluationCompleted>(events).size(), 200U);
  EXPECT_EQ(only<RunFailed>(events).size(), 1U);
  EXPECT_TRUE(std::holds_alternative<RunFinished>(events.back()));
  EXPECT_LE(only<StepCompleted>(events).size(), 8U);
}

TEST(Mailbox, CountsFromAnewAfterEachTake) {
  Mailbox mailbox(8);
  for (int round = 0; round < 5; ++round) {
    for (std::int64_t step = 1; step <= 8; ++step) mailbox.receive(stepAt(step));
    EXPECT_EQ(mailbox.take().size(), 8U);
  }
  EXPECT_EQ(mailbox.dropped(), 0);
}

TEST(Mailbox, StandsBetweenTwoThreads) {
  Mailbox mailbox(64);
  constexpr std::int64_t kSteps = 20000;
  std::atomic<bool> done = false;
  std::thread producer([&] {
    for (std::int64_t step = 1; step <= kSteps; ++step) {
      mailbox.receive(stepAt(step));
      if (step % 100 == 0) mailbox.receive(resampleAt(step));
    }
    done = true;
  });
  std::int64_t steps = 0;
  std::int64_t resamples = 0;
  std::int64_t last = 0;
  bool ordered = true;
  const auto read = [&] {
    for (const Event& event : mailbox.take()) {
      if (const auto* step = std::get_if<StepCompleted>(&event)) {
        ordered = ordered && step->step > last;
        last = step->step;
        ++steps;
      } else {
        ++resamples;
      }
    }
  };
  while (!done) read();
  producer.join();
  read();
  EXPECT_TRUE(ordered);
  EXPECT_EQ(last, kSteps);
  EXPECT_EQ(resamples, kSteps / 100);
  EXPECT_EQ(steps + mailbox.dropped(), kSteps);
}

}  // namespace
}  // namespace rosa::ui
