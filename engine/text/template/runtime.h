// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "text/template/meter.h"

namespace rosa::text::jinja {

/// The local time as strftime_now tells it.
struct LocalTime {
  int year = 1970, month = 1, day = 1;  ///< month and day from 1
  int hour = 0, minute = 0, second = 0, microsecond = 0;
};
using Clock = std::function<LocalTime()>;

/// The machine's own clock and time zone.
[[nodiscard]] LocalTime systemLocalTime();

class Object;

/// What every operation of one rendering shares.
struct Runtime {
  Runtime(const Limits& limits, Clock time) : meter(limits), clock(std::move(time)) {}

  Meter meter;
  Clock clock;
  bool autoescape = false;        ///< inside {% autoescape true %}
  std::uint64_t randomState = 1;  ///< of the filter `random`; the same at every start, so that a template renders alike
  std::vector<std::weak_ptr<Object>> circles;  ///< namespaces and macros, released at the end
};

}  // namespace rosa::text::jinja
