// SPDX-License-Identifier: GPL-3.0-or-later
#include "device/device.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "device/cpu.h"

namespace rosa::device {
namespace {

TEST(DeviceTest, CpuIsAlwaysThere) {
  const auto device = chooseDevice(DeviceChoice::Cpu);
  ASSERT_TRUE(device);
  EXPECT_TRUE(device->is_cpu());
  EXPECT_EQ(describe(*device), "cpu");
}

TEST(DeviceTest, AskingForAbsentCudaSaysWhyAndWhatToDo) {
  if (cudaState().usable) GTEST_SKIP() << "this machine has a usable GPU: " << cudaState().deviceName;
  const auto device = chooseDevice(DeviceChoice::Cuda);
  ASSERT_FALSE(device);
  EXPECT_NE(device.error().message.find(cudaState().explanation), std::string::npos);
  EXPECT_NE(device.error().message.find("auto or cpu"), std::string::npos);
  EXPECT_TRUE(chooseDevice(DeviceChoice::Auto)->is_cpu());
}

TEST(DeviceTest, AutoTakesAUsableGpu) {
  if (!cudaState().usable) GTEST_SKIP() << cudaState().explanation;
  EXPECT_TRUE(chooseDevice(DeviceChoice::Auto)->is_cuda());
}

TEST(DeviceTest, ThreadsAreAsAskedOrAllCores) {
  EXPECT_EQ(useThreads(1), 1);
  EXPECT_EQ(at::get_num_threads(), 1);
  EXPECT_EQ(useThreads(0), readCpuFeatures().cores);
}

TEST(Tf32ScopeTest, LeavesTheArithmeticAsItWas) {
  const bool before = Tf32Scope::allowed();
  {
    const Tf32Scope run(true);
    EXPECT_TRUE(Tf32Scope::allowed());
    {
      const Tf32Scope inner(false);
      EXPECT_FALSE(Tf32Scope::allowed());
    }
    EXPECT_TRUE(Tf32Scope::allowed());
  }
  EXPECT_EQ(Tf32Scope::allowed(), before);
}

}  // namespace
}  // namespace rosa::device
