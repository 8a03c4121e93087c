// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rosa/services.h"

namespace rosa::service {

/// What this machine offers. Loads LibTorch's CUDA half where a driver is present.
[[nodiscard]] MachineReport examineMachine();

}  // namespace rosa::service
