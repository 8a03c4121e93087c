// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

/// Who comes when. Everything here follows from its arguments alone: no generator has a state that a resumed run would
/// have to restore, and the same numbers come out on every machine.
namespace rosa::data {

/// A permutation of 0..count-1: Fisher-Yates from the end, drawing from SplitMix64 (Steele, Lea, Flood 2014) started
/// from a hash of seed and epoch.
[[nodiscard]] std::vector<std::int64_t> shuffledOrder(std::int64_t count, std::int64_t seed, std::int64_t epoch);

/// How many of so many rows to hold out for validation: round(fraction * count), but at least one and at most all but
/// one; none if fraction is 0 or there are fewer than two rows.
[[nodiscard]] std::int64_t heldOutCount(std::int64_t count, double fraction);

/// The rows to hold out for validation, ascending, `heldOutCount` of them. Those with the smallest hashes of seed and
/// row are taken, so that rows added at the end of a file move few others.
[[nodiscard]] std::vector<std::int64_t> heldOutRows(std::int64_t count, double fraction, std::int64_t seed);

}  // namespace rosa::data
