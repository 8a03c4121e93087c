// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/resample_times.h"

#include <gtest/gtest.h>

#include <map>

#include "train/plateau.h"

namespace rosa::train {
namespace {

using Layers = std::vector<std::size_t>;

TEST(ResampleTimes, AllLayersComeAtOnceAndNeverAfterTheLastStep) {
  const ResampleTimes times{3, 9, false};
  std::vector<std::int64_t> steps;
  for (std::int64_t step = 1; step <= 9; ++step) {
    const auto due = times.due(step, 4);
    if (due.empty()) continue;
    EXPECT_EQ(due, (Layers{0, 1, 2, 3}));
    steps.push_back(step);
  }
  EXPECT_EQ(steps, (std::vector<std::int64_t>{3, 6}));
  EXPECT_EQ(times.next(0, 4), 3);
  EXPECT_EQ(times.next(3, 4), 6);
  EXPECT_EQ(times.next(6, 4), 0);
  EXPECT_EQ((ResampleTimes{0, 9, false}.next(0, 4)), 0);
}

TEST(ResampleTimes, StaggeredEveryLayerComesOnceARoundSpreadOverItsSteps) {
  for (const auto& [every, layers] : std::map<std::int64_t, std::size_t>{{10, 4}, {4, 10}, {7, 7}, {3, 1}}) {
    const ResampleTimes times{every, 4 * every, true};
    const auto most = (layers + static_cast<std::size_t>(every) - 1) / static_cast<std::size_t>(every);
    std::map<std::int64_t, std::map<std::size_t, int>> seen;  // round, layer
    std::int64_t previous = 0;
    for (std::int64_t step = 1; step < 4 * every; ++step) {
      const auto due = times.due(step, layers);
      EXPECT_LE(due.size(), most);
      for (const auto layer : due) ++seen[times.round(step)][layer];
      if (due.empty()) continue;
      EXPECT_EQ(times.next(previous, layers), step);
      previous = step;
    }
    EXPECT_EQ(times.next(previous, layers), 0);
    ASSERT_EQ(seen.size(), 3U);
    for (const auto& [round, counts] : seen) {
      EXPECT_EQ(counts.size(), layers) << "round " << round;
      for (const auto& [layer, count] : counts) EXPECT_EQ(count, 1) << "layer " << layer;
    }
  }
}

TEST(ResampleTimes, StaggeredLayersKeepTheirDistance) {
  const ResampleTimes times{10, 100, true};
  EXPECT_EQ(times.due(10, 4), Layers{0});
  EXPECT_EQ(times.due(12, 4), Layers{1});
  EXPECT_EQ(times.due(15, 4), Layers{2});
  EXPECT_EQ(times.due(17, 4), Layers{3});
  EXPECT_TRUE(times.due(5, 4).empty()) << "the first draw holds for a whole round";
}

TEST(RewarmFactor, ReachesOneAfterItsSteps) {
  EXPECT_DOUBLE_EQ(rewarmFactor(3, 1), 0.25);
  EXPECT_DOUBLE_EQ(rewarmFactor(3, 2), 0.5);
  EXPECT_DOUBLE_EQ(rewarmFactor(3, 3), 0.75);
  EXPECT_DOUBLE_EQ(rewarmFactor(3, 4), 1);
  EXPECT_DOUBLE_EQ(rewarmFactor(0, 1), 1);
}

TEST(Plateau, IsReachedWhereTheLossHasNotFallenForSoLong) {
  Plateau plateau;
  EXPECT_FALSE(plateau.reached(1, 3.0, 3));
  EXPECT_FALSE(plateau.reached(2, 2.0, 3));
  EXPECT_FALSE(plateau.reached(3, 2.1, 3));
  EXPECT_FALSE(plateau.reached(4, 1.9999, 3)) << "half a ten-thousandth is no fall, but two steps are not three";
  EXPECT_TRUE(plateau.reached(5, 2.0, 3));
  plateau.begin(5);
  EXPECT_FALSE(plateau.reached(6, 5.0, 3)) << "what was before no longer counts";
  EXPECT_FALSE(plateau.reached(7, 4.0, 3));
  EXPECT_FALSE(plateau.reached(9, 4.0, 3));
  EXPECT_TRUE(plateau.reached(10, 4.0, 3));
}

TEST(Plateau, ALossThatIsNotFiniteSaysNothing) {
  Plateau plateau;
  EXPECT_FALSE(plateau.reached(1, 2.0, 2));
  EXPECT_FALSE(plateau.reached(9, std::numeric_limits<double>::quiet_NaN(), 2));
  EXPECT_FALSE(plateau.reached(9, 2.0, 0)) << "patience 0 is never";
}

}  // namespace
}  // namespace rosa::train
