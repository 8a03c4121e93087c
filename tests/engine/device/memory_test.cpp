// SPDX-License-Identifier: GPL-3.0-or-later
#include "device/memory.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <thread>
#include <utility>
#include <vector>

#include "device/cpu.h"
#include "device/parallel.h"

namespace rosa::device {
namespace {

const c10::Device kCpu(c10::DeviceType::CPU);

class CountingAllocatorTest : public testing::Test {
 protected:
  void SetUp() override {
    installCountingAllocator();
    releaseCached(kCpu);
    resetPeak(kCpu);
  }
};

TEST_F(CountingAllocatorTest, CountsLiveTensorsAndThePeak) {
  const auto before = tensorMemory(kCpu).allocatedBytes;
  {
    const auto a = at::empty({1 << 20}, at::kFloat);
    EXPECT_EQ(tensorMemory(kCpu).allocatedBytes - before, 4 << 20);
    const auto b = at::empty({1 << 18}, at::kFloat);
    EXPECT_EQ(tensorMemory(kCpu).allocatedBytes - before, 5 << 20);
  }
  EXPECT_EQ(tensorMemory(kCpu).allocatedBytes, before);
  EXPECT_EQ(tensorMemory(kCpu).peakBytes - before, 5 << 20);
}

TEST_F(CountingAllocatorTest, ReusesALargeBlockAndGivesItBackWhenAsked) {
  void* first = nullptr;
  {
    const auto a = at::empty({1 << 20}, at::kFloat);
    first = a.data_ptr();
  }
  EXPECT_GE(tensorMemory(kCpu).cachedBytes, 4 << 20);
  {
    const auto b = at::empty({1 << 20}, at::kFloat);
    EXPECT_EQ(b.data_ptr(), first);
  }
  releaseCached(kCpu);
  EXPECT_EQ(tensorMemory(kCpu).cachedBytes, 0);
}

TEST_F(CountingAllocatorTest, KeepsLibTorchsAlignment) {
  for (const std::int64_t size : {1, 100, 1000, 300000, 5000000}) {
    const auto a = at::empty({size}, at::kFloat);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(a.data_ptr()) % 64, 0U) << size;
  }
}

TEST_F(CountingAllocatorTest, ServesOneDnnAndGrowingStorages) {
  auto a = at::rand({64, 64});
  const auto b = at::matmul(a, a);
  a.resize_({128, 128});
  EXPECT_TRUE(at::isfinite(b).all().item<bool>());
}

TEST(ProcessMemoryTest, PeakIsAtLeastWhatIsResident) {
  const auto memory = readProcessMemory();
  EXPECT_GT(memory.residentBytes, 0);
  EXPECT_GE(memory.peakResidentBytes, memory.residentBytes);
  EXPECT_GT(machineMemoryBytes(), memory.residentBytes);
}

TEST(MemoryAccountTest, CountsWhatItsThreadAllocatesAndNothingElse) {
  installCountingAllocator();
  auto& account = MemoryAccount::open();
  constexpr std::int64_t kNumbers = 1 << 18;
  at::Tensor kept;
  {
    const AccountScope counted(&account);
    kept = at::zeros({kNumbers});
    const auto passing = at::zeros({kNumbers});
    // As an export beside a run: on a thread of its own.
    std::thread([] { static_cast<void>(at::zeros({8 * kNumbers})); }).join();
  }
  const auto uncounted = at::zeros({kNumbers});
  EXPECT_EQ(account.allocatedBytes(), kNumbers * 4);
  EXPECT_EQ(tensorMemory(c10::DeviceType::CPU, &account).peakBytes, 2 * kNumbers * 4);
  resetPeak(c10::DeviceType::CPU, &account);
  EXPECT_EQ(account.peakBytes(), kNumbers * 4);
  std::thread([tensor = std::move(kept)]() mutable { tensor.reset(); }).join();
  EXPECT_EQ(account.allocatedBytes(), 0) << "freed by another thread";
}

TEST(MemoryAccountTest, WorkOnSeveralThreadsIsCountedToWhoeverAsksForIt) {
  installCountingAllocator();
  const int threads = at::get_num_threads();
  at::set_num_threads(3);
  auto& account = MemoryAccount::open();
  std::vector<at::Tensor> made(12);
  {
    const AccountScope counted(&account);
    forEachInParallel(12, [&](std::int64_t i) { made[static_cast<std::size_t>(i)] = at::zeros({1000}); });
  }
  EXPECT_EQ(account.allocatedBytes(), 12 * 4000);
  at::set_num_threads(threads);
}

}  // namespace
}  // namespace rosa::device
