// SPDX-License-Identifier: GPL-3.0-or-later
#include "device/memory.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "device/cpu.h"

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

}  // namespace
}  // namespace rosa::device
