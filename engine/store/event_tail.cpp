// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/event_tail.h"

#include <string_view>
#include <utility>

namespace rosa::store {

Status EventTail::read(const std::function<void(StoredEvent)>& visit) {
  return lines_.read([&visit](std::string_view line) -> Status {
    if (auto stored = storedEventFromJson(line)) visit(*std::move(stored));
    return {};
  });
}

}  // namespace rosa::store
