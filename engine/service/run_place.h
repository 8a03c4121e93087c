// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>

#include "rosa/expected.h"

namespace rosa::service {

/// Of one checkpoint, about: W of the adapted layers, and three numbers for each one that trains.
[[nodiscard]] std::int64_t estimateCheckpointBytes(std::int64_t adaptedNumbers, std::int64_t trainableNumbers);

/// Whether a run can be written into `folder`: it is free, it can be made, and two checkpoints fit there, since the
/// last one stays until the next has been verified. Creates nothing.
[[nodiscard]] Status checkRunPlace(const std::filesystem::path& folder, std::int64_t checkpointBytes);

/// The last of these: whether two checkpoints fit on the disk of `folder`.
[[nodiscard]] Status checkFreeDisk(const std::filesystem::path& folder, std::int64_t checkpointBytes);

}  // namespace rosa::service
