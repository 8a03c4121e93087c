// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/slice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

namespace rosa::adapt {
namespace {

TEST(DrawSlice, EveryStartIsEquallyLikelyTheLastOneIncluded) {
  constexpr std::int64_t kDirections = 32, kCount = 8, kStarts = kDirections - kCount + 1;
  constexpr int kDraws = 50000;
  for (const std::uint64_t seed : {0ULL, 1ULL, 12345ULL}) {
    std::vector<int> hits(kStarts, 0);
    for (int i = 0; i < kDraws; ++i) {
      // Neighbouring cycles and layers, as a run draws them.
      const auto slice = drawSlice(seed, i / 50, i % 50, kCount, kDirections);
      ASSERT_GE(slice.start, 0);
      ASSERT_LT(slice.start, kStarts);
      ++hits[static_cast<std::size_t>(slice.start)];
    }
    const double expected = static_cast<double>(kDraws) / static_cast<double>(kStarts);
    double chiSquared = 0;
    for (const int hit : hits) chiSquared += (hit - expected) * (hit - expected) / expected;
    // 24 degrees of freedom: 51.2 is exceeded by one fair draw in a thousand.
    EXPECT_LT(chiSquared, 51.2) << "seed " << seed;
  }
}

TEST(DrawSlice, DependsOnSeedCycleAndLayerAlone) {
  const auto start = [](std::uint64_t seed, std::int64_t cycle, std::int64_t layer) {
    return drawSlice(seed, cycle, layer, 8, 768).start;
  };
  EXPECT_EQ(start(7, 3, 5), start(7, 3, 5));
  EXPECT_NE(start(7, 3, 5), start(8, 3, 5));
  EXPECT_NE(start(7, 3, 5), start(7, 4, 5));
  EXPECT_NE(start(7, 3, 5), start(7, 3, 6));
  // Pinned: another generator would change what every stored seed means.
  EXPECT_EQ(start(0, 0, 0), 24);
  EXPECT_EQ(start(42, 1, 47), 268);
}

TEST(DrawSlice, AWindowOfAllDirectionsStartsAtZero) {
  for (std::int64_t cycle = 0; cycle < 20; ++cycle) EXPECT_EQ(drawSlice(3, cycle, 0, 12, 12).start, 0);
}

TEST(DrawSet, EverySetIsEquallyLikely) {
  // 10 sets of 2 out of 5.
  constexpr int kDraws = 20000;
  std::vector<int> hits(25, 0);
  for (int i = 0; i < kDraws; ++i) {
    const auto indices = indicesOf(drawSet({3, i / 50, i % 50}, 2, 5));
    ASSERT_EQ(indices.size(), 2U);
    ASSERT_LT(indices[0], indices[1]);
    ++hits[static_cast<std::size_t>(indices[0] * 5 + indices[1])];
  }
  double chiSquared = 0;
  for (std::size_t first = 0; first < 5; ++first) {
    for (std::size_t second = first + 1; second < 5; ++second) {
      chiSquared += std::pow(hits[first * 5 + second] - kDraws / 10.0, 2) / (kDraws / 10.0);
    }
  }
  EXPECT_LT(chiSquared, 27.9);  // 9 degrees of freedom: exceeded by one fair draw in a thousand
}

TEST(DrawSet, DependsOnSeedCycleAndLayerAlone) {
  const auto draw = [](const SliceKey& key) { return indicesOf(drawSet(key, 8, 768)); };
  EXPECT_EQ(draw({7, 3, 5}), draw({7, 3, 5}));
  EXPECT_NE(draw({7, 3, 5}), draw({8, 3, 5}));
  EXPECT_NE(draw({7, 3, 5}), draw({7, 4, 5}));
  EXPECT_NE(draw({7, 3, 5}), draw({7, 3, 6}));
  // Pinned: another generator would change what every stored seed means.
  EXPECT_EQ(indicesOf(drawSet({0, 0, 0}, 3, 32)), (std::vector<std::int64_t>{0, 2, 22}));
}

TEST(Sweep, DrawsEveryDirectionBeforeItBeginsAnew) {
  for (const std::int64_t count : {1, 5, 8, 20}) {
    constexpr std::int64_t kDirections = 20;
    const auto length = sweepLength(count, kDirections);
    EXPECT_EQ(length, (kDirections + count - 1) / count);
    for (const std::int64_t sweep : {0, 3}) {
      std::multiset<std::int64_t> drawn;
      for (std::int64_t place = 0; place < length; ++place) {
        const auto cycle = sweep * length + place;
        EXPECT_EQ(sweepBegins(cycle, count, kDirections), place == 0);
        const auto slice = sweepSlice({4, cycle, 2}, count, kDirections);
        EXPECT_EQ(slice.count, count);
        const auto indices = indicesOf(slice);
        EXPECT_EQ(std::set(indices.begin(), indices.end()).size(), static_cast<std::size_t>(count));
        drawn.insert(indices.begin(), indices.end());
      }
      for (std::int64_t i = 0; i < kDirections; ++i) EXPECT_GE(drawn.count(i), 1U) << i;
      EXPECT_EQ(drawn.size(), static_cast<std::size_t>(length * count)) << "only the last piece is filled up";
    }
  }
}

TEST(Sweep, EachHasAnOrderOfItsOwn) {
  const auto piece = [](std::uint64_t seed, std::int64_t cycle, std::int64_t layer) {
    return indicesOf(sweepSlice({seed, cycle, layer}, 4, 64));
  };
  EXPECT_EQ(piece(1, 5, 0), piece(1, 5, 0));
  EXPECT_NE(piece(1, 5, 0), piece(2, 5, 0));
  EXPECT_NE(piece(1, 5, 0), piece(1, 5 + 16, 0));
  EXPECT_NE(piece(1, 5, 0), piece(1, 5, 1));
}

TEST(DrawWeighted, DrawsInProportionWithoutReplacement) {
  const std::vector<double> weights = {1, 2, 0, 5};
  constexpr int kDraws = 16000;
  std::vector<int> hits(4, 0);
  for (int i = 0; i < kDraws; ++i) ++hits[static_cast<std::size_t>(drawWeighted({9, i, 0}, 1, weights).start)];
  double chiSquared = 0;
  for (const std::size_t i : {0U, 1U, 3U}) {
    const double expected = kDraws * weights[i] / 8;
    chiSquared += std::pow(hits[i] - expected, 2) / expected;
  }
  EXPECT_LT(chiSquared, 13.8);  // 2 degrees of freedom
  EXPECT_EQ(hits[2], 0);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(indicesOf(drawWeighted({9, i, 0}, 3, weights)), (std::vector<std::int64_t>{0, 1, 3}));
    EXPECT_EQ(indicesOf(drawWeighted({9, i, 0}, 4, weights)), (std::vector<std::int64_t>{0, 1, 2, 3}));
  }
}

TEST(LargestScores, TakesTheLargestAndTheFirstOfEquals) {
  const std::vector<double> scores = {2, 7, 7, 1, 7};
  EXPECT_EQ(indicesOf(largestScores(2, scores)), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(indicesOf(largestScores(4, scores)), (std::vector<std::int64_t>{0, 1, 2, 4}));
}

TEST(Slices, AWindowHoldsNoIndicesAndASetFallsIntoWindows) {
  const auto window = largestScores(3, std::vector<double>{0, 3, 4, 5, 0});
  EXPECT_EQ(window.start, 1);
  EXPECT_TRUE(window.indices.empty());
  const auto set = largestScores(4, std::vector<double>{0, 3, 4, 0, 5, 0, 1});
  EXPECT_EQ(set.start, 1);
  EXPECT_EQ(set.count, 4);
  EXPECT_EQ(set.directions, 7);
  const auto windows = windowsOf(set);
  ASSERT_EQ(windows.size(), 3U);
  EXPECT_EQ(windows[0].start, 1);
  EXPECT_EQ(windows[0].count, 2);
  EXPECT_EQ(windows[1].start, 4);
  EXPECT_EQ(windows[2].start, 6);
  EXPECT_TRUE(windowsOf(Slice{0, 4, 7, {}, false}).empty());
}

TEST(RankOf, FractionsAreRoundedDownButNeverToZero) {
  EXPECT_EQ(*rankOf(Rank{0.2}, 48, 48, "l"), 9);
  EXPECT_EQ(*rankOf(Rank{0.01}, 80, 32, "l"), 1);
  EXPECT_EQ(*rankOf(Rank{1.0}, 80, 32, "l"), 32);
  EXPECT_EQ(*rankOf(Rank{std::int64_t{32}}, 80, 32, "l"), 32);
}

TEST(RankOf, ARankAboveTheSmallerSideNamesLayerAndLargestRank) {
  const auto result = rankOf(Rank{std::int64_t{33}}, 80, 32, "h.0.attn.c_proj");
  ASSERT_FALSE(result.hasValue());
  EXPECT_NE(result.error().message.find("h.0.attn.c_proj"), std::string::npos) << result.error().message;
  EXPECT_NE(result.error().message.find("1 to 32"), std::string::npos) << result.error().message;
}

TEST(SliceAt, TakesEveryStartThatFitsAndNamesTheLargest) {
  EXPECT_TRUE(sliceAt(0, 8, 32, "l").hasValue());
  EXPECT_EQ(sliceAt(24, 8, 32, "l")->start, 24);
  for (const std::int64_t start : {-1, 25}) {
    const auto result = sliceAt(start, 8, 32, "h.1.mlp.c_fc");
    ASSERT_FALSE(result.hasValue());
    EXPECT_NE(result.error().message.find("h.1.mlp.c_fc"), std::string::npos);
    EXPECT_NE(result.error().message.find("0 to 24"), std::string::npos) << result.error().message;
  }
}

}  // namespace
}  // namespace rosa::adapt
