// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/opening_phases.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

namespace rosa::service {

data::Progress openingPhases(const Opening& opening) {
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kInterval(1);
  if (!opening.phase) return {};
  return [phase = opening.phase, last = Clock::now()](double fraction, const std::string& what) mutable {
    const auto now = Clock::now();
    if (now - last < kInterval) return;
    last = now;
    phase(fmt::format("{}, {:.0f} %", what, std::floor(100 * fraction)));
  };
}

}  // namespace rosa::service
