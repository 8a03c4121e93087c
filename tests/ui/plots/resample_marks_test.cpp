// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/resample_marks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace rosa::ui {
namespace {

constexpr std::int64_t kLayers = 48;
constexpr std::int64_t kEvery = 200;

/// The resample of one layer in a staggered run, as the engine tells it.
ResampleCompleted oneLayer(std::int64_t cycle, std::int64_t step) {
  const std::int64_t layer = (cycle - 1) % kLayers;
  ResampleCompleted event;
  event.cycle = cycle;
  event.step = step;
  event.layers = {{"layer." + std::to_string(layer), (cycle * 7) % 56, 8, 64}};
  event.milliseconds = 2;
  event.coverage = 0.5;
  event.nextStep = step + 4;
  return event;
}

ResampleCompleted firstDraw() {
  ResampleCompleted event;
  for (std::int64_t layer = 0; layer < kLayers; ++layer) {
    event.layers.push_back({"layer." + std::to_string(layer), 0, 8, 64});
  }
  return event;
}

std::size_t slicesIn(const ResampleMarks& marks) {
  std::size_t count = 0;
  for (const ResampleMark& mark : marks.marks()) count += mark.event.layers.size();
  return count;
}

/// `rounds` rounds of a staggered run after its first draw.
ResampleMarks staggered(std::int64_t rounds) {
  ResampleMarks marks;
  marks.setInterval(kEvery);
  marks.add(firstDraw());
  for (std::int64_t i = 0; i < rounds * kLayers; ++i) {
    const std::int64_t step = kEvery * (1 + i / kLayers) + (i % kLayers) * kEvery / kLayers;
    marks.add(oneLayer(i + 1, step));
  }
  return marks;
}

TEST(ResampleMarks, ARoundOfAStaggeredRunIsOneMark) {
  const ResampleMarks marks = staggered(3);
  ASSERT_EQ(marks.marks().size(), 4U) << "the first draw and three rounds";
  const ResampleMark& round = marks.marks()[1];
  EXPECT_TRUE(round.isRound());
  EXPECT_EQ(round.event.step, 200);
  EXPECT_EQ(round.lastStep(), 395);
  EXPECT_EQ(round.event.cycle, 1);
  EXPECT_EQ(round.lastCycle(), kLayers);
  EXPECT_EQ(round.event.layers.size(), static_cast<std::size_t>(kLayers));
  EXPECT_DOUBLE_EQ(round.event.milliseconds, 2.0 * kLayers);
}

TEST(ResampleMarks, StayBoundedOver24000Events) {
  ResampleMarks marks;
  marks.setInterval(kEvery);
  marks.add(firstDraw());
  std::int64_t removals = 0;
  for (std::int64_t i = 0; i < 24000; ++i) {
    marks.add(oneLayer(i + 1, kEvery * (1 + i / kLayers) + (i % kLayers) * kEvery / kLayers));
    ASSERT_LE(marks.marks().size(), ResampleMarks::kMostMarks);
    removals = marks.removals();
  }
  EXPECT_EQ(marks.marks().size(), 501U);
  EXPECT_LE(slicesIn(marks), 501U * kLayers);
  EXPECT_EQ(removals, 0) << "what was shown stays";
  EXPECT_EQ(marks.directions().layers().size(), static_cast<std::size_t>(kLayers));
}

TEST(ResampleMarks, AreThinnedOutWhereEachStepIsAResample) {
  ResampleMarks marks;
  marks.setInterval(1);
  marks.add(firstDraw());
  for (std::int64_t step = 1; step <= 24000; ++step) marks.add(oneLayer(step, step));
  EXPECT_LE(marks.marks().size(), ResampleMarks::kMostMarks);
  EXPECT_EQ(marks.marks().front().event.cycle, 0) << "the first draw stays";
  EXPECT_EQ(marks.marks().back().event.step, 24000);
  EXPECT_EQ(marks.marks()[marks.marks().size() - 2].event.step, 23999) << "the newest stay whole";
  EXPECT_LE(marks.removals(), 24000 / 128 + 1) << "thinned out now and then, not at every event";
}

TEST(ResampleMarks, RememberEveryDirectionThoughMarksGo) {
  ResampleMarks marks;
  marks.setInterval(1);
  for (std::int64_t step = 1; step <= 2000; ++step) {
    ResampleCompleted event;
    event.cycle = event.step = step;
    event.layers = {{"a", step - 1, 1, 2000}};
    marks.add(event);
  }
  const auto& since = marks.directions().layers().at(0).since;
  for (std::int64_t direction = 0; direction < 2000; ++direction) {
    ASSERT_EQ(since.at(static_cast<std::size_t>(direction)), direction + 1);
  }
}

TEST(ResampleMarks, AResumedRunGoesOnInTheMiddleOfARound) {
  ResampleMarks marks = staggered(3);
  // Saved in the second round.
  marks.truncateAfter(500);
  const ResampleMarks straight = [] {
    ResampleMarks all;
    all.setInterval(kEvery);
    all.add(firstDraw());
    for (std::int64_t i = 0;; ++i) {
      const std::int64_t step = kEvery * (1 + i / kLayers) + (i % kLayers) * kEvery / kLayers;
      if (step > 500) return all;
      all.add(oneLayer(i + 1, step));
    }
  }();
  ASSERT_EQ(marks.marks().size(), straight.marks().size());
  const ResampleMark& round = marks.marks().back();
  EXPECT_EQ(round.lastStep(), straight.marks().back().lastStep());
  EXPECT_EQ(round.event.layers.size(), straight.marks().back().event.layers.size());
  EXPECT_DOUBLE_EQ(round.event.milliseconds, straight.marks().back().event.milliseconds);
  for (std::size_t i = 0; i < kLayers; ++i) {
    const auto& layer = marks.directions().layers()[i];
    EXPECT_EQ(layer.since, straight.directions().layers()[i].since) << i;
    EXPECT_EQ(layer.newest, straight.directions().layers()[i].newest) << i;
  }
}

TEST(ResampleMarks, TheChangeOfARoundIsNotThatOfItsLastLayer) {
  ResampleMarks marks = staggered(1);
  marks.settle({kLayers, 395, -0.5});
  EXPECT_FALSE(marks.marks().back().change.has_value());
}

TEST(ResampleMarks, AnImpossibleSliceHasNoDirections) {
  ResampleMarks marks;
  ResampleCompleted event;
  event.layers = {{"a", std::numeric_limits<std::int64_t>::max(), 5, 16},
                  {"b", -4, 2, 16},
                  {"c", 0, std::numeric_limits<std::int64_t>::max(), 16},
                  {"d", 0, 1, std::numeric_limits<std::int64_t>::max()}};
  marks.add(event);
  ASSERT_EQ(marks.directions().layers().size(), 4U);
  EXPECT_EQ(marks.directions().layers()[2].since.size(), 16U);
  EXPECT_TRUE(marks.directions().layers()[3].since.empty());
}

}  // namespace
}  // namespace rosa::ui
