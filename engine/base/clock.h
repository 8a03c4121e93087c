// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>

namespace rosa::base {

/// The time of day and a stopwatch, behind an interface so that tests decide what time it is.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::chrono::system_clock::time_point now() const = 0;
  /// Never goes back; for intervals only.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point elapsed() const = 0;

  /// This machine's clock; callable from any thread.
  [[nodiscard]] static const Clock& real();
};

/// ISO 8601 in UTC to the second: "2025-03-14T09:26:53Z".
[[nodiscard]] std::string formatUtc(std::chrono::system_clock::time_point time);

}  // namespace rosa::base
