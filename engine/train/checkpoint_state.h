// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "device/tensor_source.h"
#include "rosa/expected.h"
#include "train/progress.h"

namespace rosa::train {

struct Session;

/// What a checkpoint holds: every tensor that training can change, by name, and the rest as text. All but the counts of
/// steps are the live tensors.
struct RunState {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  std::string progress;
};
[[nodiscard]] RunState stateOf(const Session& session, const Progress& progress);
/// Fills session and `progress` from such tensors and text. `place` stands in errors: where they come from.
[[nodiscard]] Status restoreRun(const device::TensorSource& tensors, const std::string& text,
                                const std::filesystem::path& place, Session& session, Progress& progress);

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
