// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace rosa::data {
namespace {

TEST(OrderTest, IsAPermutation) {
  for (const std::int64_t count : {0, 1, 2, 1000}) {
    auto order = shuffledOrder(count, 7, 0);
    std::ranges::sort(order);
    std::vector<std::int64_t> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), 0);
    EXPECT_EQ(order, all);
  }
}

/// Checkpoints rely on these numbers: a run resumed by a later version must see the same order.
TEST(OrderTest, IsTheSameOnEveryMachineAndInEveryVersion) {
  EXPECT_EQ(shuffledOrder(8, 0, 0), (std::vector<std::int64_t>{6, 3, 0, 7, 2, 5, 1, 4}));
  EXPECT_EQ(shuffledOrder(8, 0, 1), (std::vector<std::int64_t>{0, 4, 5, 2, 7, 1, 3, 6}));
  EXPECT_EQ(heldOutRows(20, 0.2, 0), (std::vector<std::int64_t>{5, 15, 17, 19}));
}

TEST(OrderTest, DependsOnSeedAndEpochAndNotOnTheirSumAlone) {
  EXPECT_NE(shuffledOrder(100, 1, 2), shuffledOrder(100, 2, 1));
  EXPECT_NE(shuffledOrder(100, 1, 2), shuffledOrder(100, 1, 3));
  EXPECT_NE(shuffledOrder(100, -1, 0), shuffledOrder(100, 0, 0));
}

TEST(OrderTest, EveryPermutationIsAboutEquallyLikely) {
  std::map<std::vector<std::int64_t>, int> counts;
  for (int epoch = 0; epoch < 24000; ++epoch) ++counts[shuffledOrder(4, 3, epoch)];
  EXPECT_EQ(counts.size(), 24U);
  // Binomial with mean 1000 and standard deviation 31: five of them.
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 1000, 155);
}

TEST(HeldOutRowsTest, TakesTheShareOfRowsButLeavesAndTakesOne) {
  EXPECT_TRUE(heldOutRows(100, 0, 0).empty());
  EXPECT_TRUE(heldOutRows(1, 0.5, 0).empty());
  EXPECT_EQ(heldOutRows(100, 0.05, 0).size(), 5U);
  EXPECT_EQ(heldOutRows(100, 0.0001, 0).size(), 1U);
  EXPECT_EQ(heldOutRows(2, 1.0, 0).size(), 1U);
}

TEST(HeldOutRowsTest, TheCountAloneIsThatOfTheRows) {
  for (std::int64_t count = 0; count < 40; ++count) {
    for (const double fraction : {0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.99, 1.0}) {
      EXPECT_EQ(heldOutCount(count, fraction), std::ssize(heldOutRows(count, fraction, 3))) << count << " " << fraction;
    }
  }
  EXPECT_EQ(heldOutCount(10, 0.05), 1) << "0.5 is rounded up";
  EXPECT_EQ(heldOutCount(3670, 0.05), 184) << "183.5 too";
}

TEST(HeldOutRowsTest, IsSortedWithoutRepeatsAndFollowsTheSeed) {
  const auto rows = heldOutRows(1000, 0.3, 5);
  EXPECT_TRUE(std::ranges::is_sorted(rows));
  EXPECT_EQ(std::ranges::adjacent_find(rows), rows.end());
  EXPECT_EQ(rows, heldOutRows(1000, 0.3, 5));
  EXPECT_NE(rows, heldOutRows(1000, 0.3, 6));
}

TEST(HeldOutRowsTest, RowsAddedLaterMoveFewOthers) {
  const auto before = heldOutRows(1000, 0.1, 1);
  const auto after = heldOutRows(1010, 0.1, 1);
  std::vector<std::int64_t> kept;
  std::ranges::set_intersection(before, after, std::back_inserter(kept));
  EXPECT_GE(kept.size(), before.size() - 3);
}

}  // namespace
}  // namespace rosa::data
