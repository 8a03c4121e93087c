// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "rosa/services.h"

namespace rosa::train {
struct Session;
}

/// What the measurements share.
namespace rosa::service {

/// With the ceiling as it is now.
[[nodiscard]] BenchPlace placeBefore(const train::Session& session);
/// The better ceiling of then and now.
void completePlace(BenchPlace& place, const train::Session& session);

/// Highest memory so far, of the process or of the device, in 10^6 bytes.
[[nodiscard]] double peakMemoryMb(const train::Session& session);
/// The upper one of two in the middle; there is at least one.
[[nodiscard]] double medianOf(std::vector<double> values);

}  // namespace rosa::service
