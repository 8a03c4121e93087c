// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "rosa/config.h"
#include "rosa/expected.h"
#include "rosa/services.h"
#include "store/run_data.h"
#include "store/run_folder.h"
#include "text/chat_template.h"
#include "train/progress.h"
#include "train/session.h"

/// What a run folder holds, opened to be used and not to be trained on.
namespace rosa::service {

/// config.yaml of a run folder, every mistake in one error.
[[nodiscard]] Expected<RunConfig> readStoredConfig(const store::RunFolder& folder);

/// Lays a chat template in a folder, where ChatTemplate::open finds it: chat_template.jinja and what goes with it.
[[nodiscard]] Status writeTemplate(const text::ChatTemplate& chatTemplate, const std::filesystem::path& folder);

/// The folder of a checkpoint: "best", "last" or empty, or a step number.
[[nodiscard]] Expected<std::filesystem::path> chooseCheckpoint(const store::RunFolder& folder,
                                                               const std::string& which);

/// The data that a run goes on with.
struct ResumedData {
  store::RunData data;
  bool fresh = false;  ///< the run is from before runs kept their classes: these come from the data once more
  std::string remark;  ///< what has changed, where that was agreed to; otherwise empty
};
/// An error where the files are not those that the run began with, unless `options` agree to that.
[[nodiscard]] Expected<ResumedData> checkData(const store::RunFolder& folder, const RunConfig& config,
                                              const ResumeOptions& options);

/// Whether the run's examples are wanted. They are read only where its files are still those that it began with.
enum class DataUse { Leave, ReadIfUnchanged };

/// The files that a run of this configuration would read, as they are now.
[[nodiscard]] Expected<std::vector<store::DataFile>> describeData(const RunConfig& config);

/// The run's session with the classes that it began with, before any of its checkpoints is loaded.
[[nodiscard]] Expected<std::unique_ptr<train::Session>> openRunSession(const store::RunFolder& folder,
                                                                       const RunConfig& config, DataUse data);

struct StoredRun {
  std::unique_ptr<train::Session> session;
  train::Progress progress;
};
/// That session as a checkpoint holds it, with its averaged weights in place where it has any.
[[nodiscard]] Expected<StoredRun> openStoredRun(const store::RunFolder& folder, const RunConfig& config,
                                                const std::filesystem::path& checkpoint, DataUse data);

}  // namespace rosa::service
