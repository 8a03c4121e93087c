// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

#include "adapt/adaptation.h"
#include "rosa/config.h"
#include "rosa/expected.h"

/// Which singular directions a layer trains next. Pure functions for any thread.
namespace rosa::adapt {

/// The rank a setting means for W [in, out]: the number itself, or max(floor(fraction · n), 1) of the smaller side n.
/// An error names the layer and its largest rank where the number is above n.
[[nodiscard]] Expected<std::int64_t> rankOf(const Rank& rank, std::int64_t in, std::int64_t out,
                                            std::string_view layer);

/// A contiguous window of `count` of `directions` indices whose start is uniform in 0..directions-count, the last one
/// included (the reference code leaves it out). Depends on seed, cycle and layer index alone.
[[nodiscard]] Slice drawSlice(std::uint64_t seed, std::int64_t cycle, std::int64_t layerIndex, std::int64_t count,
                              std::int64_t directions);

/// The window that begins at `start`; an error names the layer and the largest start.
[[nodiscard]] Expected<Slice> sliceAt(std::int64_t start, std::int64_t count, std::int64_t directions,
                                      std::string_view layer);

}  // namespace rosa::adapt
