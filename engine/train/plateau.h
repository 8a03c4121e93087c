// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

namespace rosa::train {

/// Tells when the smoothed loss has stopped falling. A fall of less than a ten-thousandth of its size is none (torch's
/// ReduceLROnPlateau counts so).
struct Plateau {
  static constexpr double kLeastFall = 1e-4;

  double lowest = std::numeric_limits<double>::quiet_NaN();  ///< NaN = none yet
  std::int64_t step = 0;                                     ///< of the lowest

  /// Whether the loss has not fallen for `patience` steps by now; 0 = never.
  [[nodiscard]] bool reached(std::int64_t now, double smoothedLoss, std::int64_t patience) {
    if (patience <= 0 || !std::isfinite(smoothedLoss)) return false;
    if (std::isnan(lowest) || smoothedLoss < lowest - kLeastFall * std::abs(lowest)) {
      lowest = smoothedLoss;
      step = now;
    }
    return now - step >= patience;
  }
  /// After a resample: what the loss was before no longer counts.
  void begin(std::int64_t now) {
    lowest = std::numeric_limits<double>::quiet_NaN();
    step = now;
  }
};

}  // namespace rosa::train
