// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "rosa/expected.h"

/// The checkpoints of a run: `<checkpoints>/step-000500/`, each with its manifest. One process writes them; any may
/// read.
namespace rosa::checkpoint {

struct Checkpoint {
  std::filesystem::path folder;
  std::int64_t step = 0;
};

[[nodiscard]] std::filesystem::path checkpointPath(const std::filesystem::path& checkpoints, std::int64_t step);

/// All that are named like one, oldest step first, unverified; none if the folder does not exist.
[[nodiscard]] std::vector<Checkpoint> listCheckpoints(const std::filesystem::path& checkpoints);

struct VerifiedCheckpoint {
  Checkpoint checkpoint;
  std::vector<std::string> passedOver;  ///< why newer ones were not taken, a sentence each
};

/// The one with the highest step whose files all agree with its manifest.
[[nodiscard]] Expected<VerifiedCheckpoint> newestVerified(base::FileSystem& files,
                                                          const std::filesystem::path& checkpoints);

struct Retention {
  std::int64_t newest = 0;         ///< the step just saved and verified; never removed
  std::int64_t keep = 1;           ///< how many to keep up to `newest`, itself included
  std::vector<std::int64_t> best;  ///< kept besides
};

/// Removes the others, and what an interrupted save left. Steps after `newest` go too: they belong to a course that was
/// left when the run was resumed from an earlier step. Call it only when `newest` has been saved.
[[nodiscard]] Status pruneCheckpoints(base::FileSystem& files, const std::filesystem::path& checkpoints,
                                      const Retention& retention);

}  // namespace rosa::checkpoint
