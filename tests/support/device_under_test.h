// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <c10/core/Device.h>

#include <cstdlib>
#include <string_view>

#include "rosa/config.h"

/// The device that a suite computes on: the CPU, or the GPU where ROSA_TEST_DEVICE is "cuda". CTest runs the suites
/// that are the same on both a second time so (NAME_cuda); without a GPU that second time is skipped (device_main.cpp).
namespace rosa::test {

inline DeviceChoice deviceChoice() {
  const char* asked = std::getenv("ROSA_TEST_DEVICE");
  return asked != nullptr && std::string_view(asked) == "cuda" ? DeviceChoice::Cuda : DeviceChoice::Cpu;
}

inline c10::Device deviceUnderTest() {
  return deviceChoice() == DeviceChoice::Cuda ? c10::Device(c10::DeviceType::CUDA, 0)
                                              : c10::Device(c10::DeviceType::CPU);
}

}  // namespace rosa::test
