// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>

#include "rosa/events.h"
#include "rosa/expected.h"
#include "store/event_log.h"
#include "store/line_file.h"
#include "store/run_folder.h"

namespace rosa::store {

/// Follows a run's events while whoever trains it writes them. Used by one thread.
class EventTail {
 public:
  explicit EventTail(const RunFolder& folder, std::int64_t offset = 0)
      : lines_(folder.eventsFile(), kLongestEvent, offset) {}

  /// Calls `visit` for each event that has come since the last call; lines that this version cannot read are left out.
  [[nodiscard]] Status read(const std::function<void(StoredEvent)>& visit);
  /// Bytes of the file that were read: where another tail goes on.
  [[nodiscard]] std::int64_t offset() const { return lines_.offset(); }

 private:
  LineTail lines_;
};

}  // namespace rosa::store
