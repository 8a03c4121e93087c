// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "rosa/events.h"

namespace rosa::train {

struct Session;

/// Whether the first slices are still to be drawn: in a new run of a method that has slices.
[[nodiscard]] bool awaitsFirstDraw(const Session& session);

/// Draws the slices of `cycle` in every layer that resamples and clears the moments the configuration says. The event's
/// losses are left to the caller.
[[nodiscard]] ResampleCompleted resampleLayers(Session& session, std::int64_t cycle, std::int64_t step);

/// Allocator bytes by part and process memory.
[[nodiscard]] MemorySampled measureMemory(const Session& session, std::int64_t step);

}  // namespace rosa::train
