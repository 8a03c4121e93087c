// SPDX-License-Identifier: GPL-3.0-or-later
#include "device/block_heap.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <map>
#include <random>

namespace rosa::device {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

TEST(BlockHeap, ReusesAReturnedBlockForASmallerOne) {
  BlockHeap heap(64 * kMiB);
  void* const first = heap.allocate(8 * kMiB);
  void* const guard = heap.allocate(kMiB);
  heap.release(first);
  EXPECT_EQ(heap.residentFreeBytes(), 8 * kMiB);
  EXPECT_EQ(heap.allocate(7 * kMiB), first);
  EXPECT_EQ(heap.residentFreeBytes(), kMiB);
  heap.release(guard);
}

TEST(BlockHeap, JoinsReturnedNeighboursInAnyOrder) {
  for (const auto order : {std::array{0, 1, 2}, std::array{0, 2, 1}, std::array{2, 1, 0}, std::array{1, 0, 2}}) {
    BlockHeap heap(64 * kMiB);
    const std::array<void*, 3> blocks = {heap.allocate(kMiB), heap.allocate(2 * kMiB), heap.allocate(3 * kMiB)};
    void* const guard = heap.allocate(kMiB);
    for (const int i : order) heap.release(blocks[static_cast<std::size_t>(i)]);
    EXPECT_EQ(heap.residentFreeBytes(), 6 * kMiB);
    EXPECT_EQ(heap.allocate(6 * kMiB), blocks[0]);
    heap.release(guard);
  }
}

TEST(BlockHeap, PrefersTheSmallestStretchThatFits) {
  BlockHeap heap(64 * kMiB);
  void* const large = heap.allocate(8 * kMiB);
  void* const first = heap.allocate(kMiB);
  void* const small = heap.allocate(2 * kMiB);
  void* const second = heap.allocate(kMiB);
  heap.release(large);
  heap.release(small);
  EXPECT_EQ(heap.allocate(2 * kMiB), small);
  heap.release(first);
  heap.release(second);
}

TEST(BlockHeap, TakesBlocksLargerThanASegment) {
  BlockHeap heap(4 * kMiB);
  auto* const block = static_cast<std::byte*>(heap.allocate(20 * kMiB));
  ASSERT_NE(block, nullptr);
  std::memset(block, 1, 20 * kMiB);
  heap.release(block);
}

TEST(BlockHeap, TellsWhenTheSystemHasNoMore) {
  BlockHeap heap(kMiB);
  EXPECT_EQ(heap.allocate(std::size_t{1} << 60), nullptr);
  EXPECT_NE(heap.allocate(kMiB), nullptr);
}

TEST(BlockHeap, GivesFreePagesBackWhenAsked) {
  BlockHeap heap(64 * kMiB);
  auto* const block = static_cast<std::byte*>(heap.allocate(4 * kMiB));
  std::memset(block, 7, 4 * kMiB);
  heap.release(block);
  heap.trim();
  EXPECT_EQ(heap.residentFreeBytes(), 0U);
  auto* const again = static_cast<std::byte*>(heap.allocate(4 * kMiB));
  EXPECT_EQ(again, block);
  EXPECT_EQ(again[0], std::byte{0}) << "pages came back zeroed";
}

// Every live block keeps its own pattern through thousands of random calls, and no two overlap.
TEST(BlockHeap, KeepsBlocksApart) {
  BlockHeap heap(16 * kMiB);
  std::mt19937 random(5);
  struct Live {
    std::size_t bytes;
    std::byte pattern;
  };
  std::map<std::byte*, Live> live;
  const auto intact = [](std::byte* begin, const Live& block) {
    return begin[0] == block.pattern && begin[block.bytes / 2] == block.pattern &&
           begin[block.bytes - 1] == block.pattern;
  };
  for (int i = 0; i < 5000; ++i) {
    if (live.size() < 30 || random() % 2 == 0) {
      const std::size_t bytes = 1 + random() % (2 * kMiB);
      auto* const begin = static_cast<std::byte*>(heap.allocate(bytes));
      ASSERT_NE(begin, nullptr);
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(begin) % 4096, 0U);
      const auto next = live.lower_bound(begin);
      if (next != live.end()) {
        ASSERT_LE(begin + bytes, next->first);
      }
      if (next != live.begin()) {
        ASSERT_LE(std::prev(next)->first + std::prev(next)->second.bytes, begin);
      }
      const auto pattern = static_cast<std::byte>(random() % 256);
      begin[0] = begin[bytes / 2] = begin[bytes - 1] = pattern;
      live[begin] = {bytes, pattern};
    } else {
      auto chosen = std::next(live.begin(), static_cast<std::ptrdiff_t>(random() % live.size()));
      ASSERT_TRUE(intact(chosen->first, chosen->second));
      heap.release(chosen->first);
      live.erase(chosen);
    }
  }
  for (const auto& [begin, block] : live) ASSERT_TRUE(intact(begin, block));
}

}  // namespace
}  // namespace rosa::device
