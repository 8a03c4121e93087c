// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <c10/core/Device.h>

namespace rosa::service {

/// Best of several large fp32 matrix products in GFLOP/s: what this device can do at most, the yardstick for a step.
[[nodiscard]] double measureGemmGflops(c10::Device device);

}  // namespace rosa::service
