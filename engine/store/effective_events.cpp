// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdint>
#include <utility>
#include <variant>

#include "store/event_log.h"

namespace rosa::store {
namespace {

/// The step an event belongs to; 0 for those that belong to none.
std::int64_t stepOf(const Event& event) {
  return std::visit(
      [](const auto& alternative) -> std::int64_t {
        if constexpr (requires { alternative.step; }) {
          return alternative.step;
        } else {
          return 0;
        }
      },
      event);
}

}  // namespace

std::vector<Event> effectiveEvents(std::vector<Event> events) {
  std::vector<Event> kept;
  kept.reserve(events.size());
  for (Event& event : events) {
    if (const auto* started = std::get_if<RunStarted>(&event)) {
      const std::int64_t step = started->firstStep;
      std::erase_if(kept, [step](const Event& earlier) { return stepOf(earlier) > step; });
    }
    kept.push_back(std::move(event));
  }
  return kept;
}

}  // namespace rosa::store
