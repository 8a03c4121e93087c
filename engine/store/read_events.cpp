// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstddef>
#include <string_view>
#include <utility>

#include "store/event_log.h"
#include "store/line_file.h"

namespace rosa::store {

Expected<std::vector<Event>> readEvents(const RunFolder& folder) {
  // The longest lines list the slices of all layers, some 100 bytes each.
  constexpr std::size_t kLongestLine = std::size_t{16} << 20;
  std::vector<Event> events;
  ROSA_CHECK(visitLines(folder.eventsFile(), kLongestLine, [&events](std::string_view line) -> Status {
    auto event = eventFromJson(line);
    if (event) events.push_back(*std::move(event));
    return {};
  }));
  return events;
}

}  // namespace rosa::store
