// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdint>
#include <utility>
#include <variant>

#include "store/event_log.h"

namespace rosa::store {
namespace {

const Event& eventOf(const Event& event) {
  return event;
}
const Event& eventOf(const StoredEvent& stored) {
  return stored.event;
}

template <typename Told>
std::vector<Told> effective(std::vector<Told> events) {
  std::vector<Told> kept;
  kept.reserve(events.size());
  for (Told& event : events) {
    if (const auto* started = std::get_if<RunStarted>(&eventOf(event))) {
      const std::int64_t step = started->firstStep;
      std::erase_if(kept, [step](const Told& earlier) { return stepOf(eventOf(earlier)) > step; });
    }
    kept.push_back(std::move(event));
  }
  return kept;
}

}  // namespace

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

std::vector<Event> effectiveEvents(std::vector<Event> events) {
  return effective(std::move(events));
}

std::vector<StoredEvent> effectiveEvents(std::vector<StoredEvent> events) {
  return effective(std::move(events));
}

}  // namespace rosa::store
