// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "adapt/adaptation.h"
#include "rosa/config.h"
#include "rosa/expected.h"

/// Which singular directions a layer trains next. Pure functions for any thread; a draw depends on its key alone.
namespace rosa::adapt {

/// The rank a setting means for W [in, out]: the number itself, or max(floor(fraction · n), 1) of the smaller side n.
/// An error names the layer and its largest rank where the number is above n.
[[nodiscard]] Expected<std::int64_t> rankOf(const Rank& rank, std::int64_t in, std::int64_t out,
                                            std::string_view layer);

/// What keys a draw.
struct SliceKey {
  std::uint64_t seed = 0;
  std::int64_t cycle = 0;
  std::int64_t layerIndex = 0;
};

/// A contiguous window of `count` of `directions` indices whose start is uniform in 0..directions-count, the last one
/// included (the reference code leaves it out). Depends on seed, cycle and layer index alone.
[[nodiscard]] Slice drawSlice(std::uint64_t seed, std::int64_t cycle, std::int64_t layerIndex, std::int64_t count,
                              std::int64_t directions);

/// The window that begins at `start`; an error names the layer and the largest start.
[[nodiscard]] Expected<Slice> sliceAt(std::int64_t start, std::int64_t count, std::int64_t directions,
                                      std::string_view layer);

/// Any `count` of `directions` indices, every set of them equally likely.
[[nodiscard]] Slice drawSet(const SliceKey& key, std::int64_t count, std::int64_t directions);

/// Cycles that a sweep takes: ceil(directions / count).
[[nodiscard]] std::int64_t sweepLength(std::int64_t count, std::int64_t directions);
/// Whether a new sweep, with a new basis, begins in this cycle.
[[nodiscard]] bool sweepBegins(std::int64_t cycle, std::int64_t count, std::int64_t directions);
/// The piece of a sweep that falls on this cycle: all directions in a random order of the sweep's own, `count` at a
/// time, so that each is drawn once in `sweepLength` cycles. The last piece is filled up with the first ones.
[[nodiscard]] Slice sweepSlice(const SliceKey& key, std::int64_t count, std::int64_t directions);

/// `count` indices drawn one after another without replacement, each with a probability proportional to its weight
/// (not negative); those of weight 0 come last.
[[nodiscard]] Slice drawWeighted(const SliceKey& key, std::int64_t count, std::span<const double> weights);

/// The `count` indices of the largest scores; of equal ones the first.
[[nodiscard]] Slice largestScores(std::int64_t count, std::span<const double> scores);

/// The indices of a slice, ascending.
[[nodiscard]] std::vector<std::int64_t> indicesOf(const Slice& slice);

/// A slice as contiguous windows, ascending: what a picture paints. Empty where its directions have no index.
[[nodiscard]] std::vector<Slice> windowsOf(const Slice& slice);

}  // namespace rosa::adapt
