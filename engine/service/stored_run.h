// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "rosa/config.h"
#include "rosa/expected.h"
#include "store/run_folder.h"
#include "train/progress.h"
#include "train/session.h"

/// What a run folder holds, opened to be used and not to be trained on.
namespace rosa::service {

/// config.yaml of a run folder, every mistake in one error.
[[nodiscard]] Expected<RunConfig> readStoredConfig(const store::RunFolder& folder);

/// The folder of a checkpoint: "best", "last" or empty, or a step number.
[[nodiscard]] Expected<std::filesystem::path> chooseCheckpoint(const store::RunFolder& folder,
                                                               const std::string& which);

struct StoredRun {
  std::unique_ptr<train::Session> session;
  train::Progress progress;
};
/// The run of this configuration as a checkpoint holds it, with its averaged weights in place where it has any.
[[nodiscard]] Expected<StoredRun> openStoredRun(const RunConfig& config, const std::filesystem::path& checkpoint);

}  // namespace rosa::service
