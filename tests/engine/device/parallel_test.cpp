// SPDX-License-Identifier: GPL-3.0-or-later
#include "device/parallel.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "device/memory.h"

namespace rosa::device {
namespace {

/// Two threads for a test's duration.
class TwoThreads : public testing::Test {
 public:
  TwoThreads() : before_(at::get_num_threads()) { at::set_num_threads(2); }
  ~TwoThreads() override { at::set_num_threads(before_); }

 private:
  int before_;
};

using Parallel = TwoThreads;

TEST_F(Parallel, TwoItemsAreInsideAtOnce) {
  // Each waits for the other; a single thread would wait for ever, and gives up.
  std::atomic<int> inside = 0, met = 0;
  forEachInParallel(2, [&](std::int64_t /*i*/) {
    ++inside;
    const auto patience = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (inside < 2 && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
    if (inside == 2) ++met;
  });
  EXPECT_EQ(met, 2);
}

TEST_F(Parallel, EveryItemIsVisitedOnce) {
  std::vector<std::atomic<int>> visits(1000);
  forEachInParallel(1000, [&](std::int64_t i) { ++visits[static_cast<std::size_t>(i)]; });
  for (const auto& count : visits) EXPECT_EQ(count, 1);
}

TEST_F(Parallel, WhatIsThrownInsideComesOut) {
  EXPECT_THROW(forEachInParallel(50,
                                 [](std::int64_t i) {
                                   if (i == 37) throw std::runtime_error("37");
                                 }),
               std::runtime_error);
}

TEST_F(Parallel, MemoryTakenInsideCountsForTheCaller) {
  installCountingAllocator();
  auto& account = MemoryAccount::open();
  const AccountScope counted(&account);
  std::vector<at::Tensor> made(8);
  forEachInParallel(8, [&](std::int64_t i) { made[static_cast<std::size_t>(i)] = at::empty({1 << 12}); });
  EXPECT_EQ(account.allocatedBytes(), 8 * (1 << 12) * 4);
}

}  // namespace
}  // namespace rosa::device
