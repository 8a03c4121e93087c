// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "rosa/config.h"
#include "rosa/events.h"
#include "rosa/expected.h"
#include "rosa/services.h"
#include "service/facts_cache.h"
#include "store/run_data.h"
#include "store/run_folder.h"
#include "train/progress.h"
#include "train/session.h"

/// Everything between a configuration, or the folder of a run, and the first step.
namespace rosa::service {

struct Company;

struct OpenedRun {
  std::shared_ptr<Company> company;  ///< the processes that train it together; null = this one alone
  std::unique_ptr<train::Session> session;
  train::Progress progress;  ///< of the checkpoint that a resumed run goes on from
  store::RunData data;
  MemoryParts estimate;
};

inline constexpr const char* kStoppedWhileOpening = "The run was stopped while it opened. Nothing was trained.";

/// How opening is watched, and what it tells beside its result.
struct Opening {
  std::function<void(const std::string& phase)> phase;  ///< what is being done, for people; none = untold
  std::function<bool()> giveUp;                         ///< true once nobody wants the run any more; none = never
  std::string refusedChanges;  ///< set by a resume that is refused because of what has changed in its data
};

/// Where a run of this configuration would go, and whether it can: model named, settings right, folder free. The
/// configuration with its model's folder in place of a file or run that was named. Every mistake in one error.
struct RunPlace {
  RunConfig config;
  std::filesystem::path folder;
};
[[nodiscard]] Expected<RunPlace> placeOfRun(const RunConfig& asked, FactsCache& facts);

/// Reads model and data of a run that begins, and checks that `place` has room for its checkpoints.
[[nodiscard]] Expected<OpenedRun> openNewRun(const RunConfig& config, const std::filesystem::path& place,
                                             FactsCache& facts, Opening& opening);
/// Writes what the folder of a run that begins keeps beside its settings.
[[nodiscard]] Status keepInFolder(const OpenedRun& run, const store::RunFolder& folder);

/// Reads model, data and newest verified checkpoint of a run that is to go on.
[[nodiscard]] Expected<OpenedRun> openForResume(const store::RunFolder& folder, const ResumeOptions& options,
                                                Opening& opening);

/// Every mistake of the configuration that shows in shapes and first rows; `first` where there is none.
[[nodiscard]] Error everyMistake(const RunConfig& config, FactsCache& facts, Error first);

}  // namespace rosa::service
