// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rosa/events.h"
#include "rosa/expected.h"
#include "store/run_folder.h"

/// The way of a run from its beginning to where it is now, however long, in bounded time and memory.
namespace rosa::store {

/// Most steps that come whole. Of a longer course the newest ones come, and of what was before them the lowest and the
/// highest loss, learning rate and gradient norm of each of many stretches: no spike is lost.
inline constexpr std::size_t kMostSteps = 8192;

struct Course {
  /// As `effectiveEvents` leaves them, oldest first. Where there are more than kMostSteps of one kind, StepCompleted
  /// are thinned out as above (see `smoothedLoss` there), MemorySampled likewise by their sum, PhaseChanged and LogLine
  /// to the newest; all others are there.
  std::vector<StoredEvent> events;
  std::vector<float> losses;  ///< of every step
  std::int64_t newest = 0;    ///< sequence of the last event in the file; `after` where there is none
  std::int64_t offset = 0;    ///< bytes of the file that were read: where a tail goes on
};

/// `after`: only events of higher sequences, found without reading those before. Lines of steps are not read as JSON
/// unless they are kept, and by two threads: a million take about a quarter of a second.
[[nodiscard]] Expected<Course> readCourse(const RunFolder& folder, std::int64_t after = 0);

/// The offset of the first line whose sequence is above `after`, or of one before it: found by halving, for files whose
/// events are numbered. Also the sequence of the line before, as far as it is known (0).
struct CoursePlace {
  std::int64_t offset = 0;
  std::int64_t sequence = 0;
};
[[nodiscard]] Expected<CoursePlace> placeAfter(const RunFolder& folder, std::int64_t after);

}  // namespace rosa::store
