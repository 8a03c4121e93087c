// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rosa/events.h"
#include "train/resample_times.h"

namespace rosa::train {

struct Session;

/// Whether the first slices are still to be drawn: in a new run of a method that has slices.
[[nodiscard]] bool awaitsFirstDraw(const Session& session);

/// When this run's layers are resampled on schedule.
[[nodiscard]] ResampleTimes resampleTimes(const Session& session);

/// The layers that resample, as indices into the session's; a rank of a layer's smaller side trains W itself.
[[nodiscard]] std::vector<std::size_t> resamplingLayers(const Session& session);

struct ResampleOrder {
  std::int64_t cycle = 0;  ///< numbers the resamples of the run; 0 = the first draw
  std::int64_t round = 0;  ///< how often these layers were resampled before: keys their draws and given windows
  std::int64_t step = 0;   ///< after this one
  std::vector<std::size_t> layers;
};

/// Draws new slices in these layers and does to their moments what the configuration says; gathers the gradient before
/// it where the slices go by one, over the batches of the step. The event holds one entry for each contiguous window of
/// a layer's slice, those of a layer side by side, or one of count 0 where its directions have no index. The event's
/// losses are left to the caller.
[[nodiscard]] ResampleCompleted resampleLayers(Session& session, const ResampleOrder& order);

/// All layers that resample, in the round of that cycle.
[[nodiscard]] ResampleCompleted resampleLayers(Session& session, std::int64_t cycle, std::int64_t step);

/// Allocator bytes by part and process memory.
[[nodiscard]] MemorySampled measureMemory(const Session& session, std::int64_t step);

}  // namespace rosa::train
