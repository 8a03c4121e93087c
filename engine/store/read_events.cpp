// SPDX-License-Identifier: GPL-3.0-or-later
#include <string_view>
#include <utility>

#include "store/event_log.h"
#include "store/line_file.h"

namespace rosa::store {

Expected<std::vector<Event>> readEvents(const RunFolder& folder) {
  std::vector<Event> events;
  ROSA_CHECK(visitLines(folder.eventsFile(), kLongestEvent, [&events](std::string_view line) -> Status {
    auto event = eventFromJson(line);
    if (event) events.push_back(*std::move(event));
    return {};
  }));
  return events;
}

}  // namespace rosa::store
