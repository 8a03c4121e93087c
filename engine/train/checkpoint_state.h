// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>

#include "rosa/expected.h"
#include "train/progress.h"

namespace rosa::train {

struct Session;

struct SavedCheckpoint {
  std::filesystem::path directory;
  std::int64_t bytes = 0;
};

/// Writes `folder`/step-<n>: every tensor that training can change (W, A and B as they are), moments, slices, progress.
/// Unchanged weights come from the base model, whose fingerprint is stored. Verified by reading back, then older ones
/// are pruned to the configured number beside the best.
[[nodiscard]] Expected<SavedCheckpoint> saveCheckpoint(const Session& session, const Progress& progress,
                                                       const std::filesystem::path& folder);

/// Fills an opened session and `progress` from a verified checkpoint folder.
[[nodiscard]] Status loadCheckpoint(const std::filesystem::path& checkpoint, Session& session, Progress& progress);

}  // namespace rosa::train
