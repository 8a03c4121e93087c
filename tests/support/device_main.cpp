// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <iostream>

#include "device/device.h"
#include "support/device_under_test.h"

/// For suites that run on the CPU and on a GPU: where a GPU is asked for and there is none, the exit code says
/// "skipped".
int main(int argc, char** argv) {
  constexpr int kSkipped = 77;  // as CTest's SKIP_RETURN_CODE is set
  testing::InitGoogleTest(&argc, argv);
  if (rosa::test::deviceChoice() == rosa::DeviceChoice::Cuda && !rosa::device::cudaState().usable) {
    std::cout << "Skipped: " << rosa::device::cudaState().explanation << std::endl;
    return kSkipped;
  }
  return RUN_ALL_TESTS();
}
