// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/run_opening.h"

#include <fmt/format.h>

#include <utility>

#include "base/file.h"
#include "checkpoint/checkpoint_folder.h"
#include "device/memory.h"
#include "service/import_gguf.h"
#include "service/opening_phases.h"
#include "service/plan_run.h"
#include "service/run_place.h"
#include "service/stored_run.h"
#include "train/checkpoint_state.h"
#include "train/memory_estimate.h"
#include "train/stop_rule.h"

namespace rosa::service {
namespace {

std::int64_t checkpointBytes(const train::Session& session) {
  std::int64_t adapted = 0;
  for (const auto& layer : session.layers) adapted += layer.slot->weight().numel();
  return estimateCheckpointBytes(adapted, session.trainableParameters) +
         (session.average ? session.average->bytes() : 0) +
         train::storedResampleBytes(session.config, train::layersOf(session)) + session.coverageBytes;
}

/// A session whose tensors are counted by themselves.
Expected<std::unique_ptr<train::Session>> openCounted(const RunConfig& config, const Opening& opening,
                                                      train::OpenOptions options = {}) {
  options.progress = openingPhases(opening);
  options.giveUp = opening.giveUp;
  auto& account = device::MemoryAccount::open();
  const device::AccountScope counted(&account);
  auto session = train::openSession(config, options);
  if (!session) return opening.giveUp && opening.giveUp() ? Error{kStoppedWhileOpening} : session.error();
  (*session)->account = &account;
  return session;
}

void tell(const Opening& opening, const char* phase) {
  if (opening.phase) opening.phase(phase);
}

}  // namespace

Error everyMistake(const RunConfig& config, FactsCache& facts, Error first) {
  const auto problems = planRun(config, facts, {}).problems;
  return problems.empty() ? std::move(first) : Error{joinProblems(problems)};
}

Expected<RunPlace> placeOfRun(const RunConfig& asked, FactsCache& facts) {
  RunPlace place;
  place.config = asked;
  ROSA_TRY(place.config.model, modelFolderOf(asked.model));
  if (const auto problems = checkConfig(place.config); !problems.empty()) {
    return everyMistake(place.config, facts, Error{joinProblems(problems)});
  }
  place.folder = store::plannedRunFolder(place.config);
  if (const auto status = checkRunPlace(place.folder, 0); !status) {
    return everyMistake(place.config, facts, status.error());
  }
  return place;
}

Expected<OpenedRun> openNewRun(const RunConfig& config, const std::filesystem::path& place, FactsCache& facts,
                               Opening& opening) {
  tell(opening, "opening model and data");
  OpenedRun run;
  auto session = openCounted(config, opening);
  if (!session && opening.giveUp && opening.giveUp()) return session.error();
  if (!session) return everyMistake(config, facts, std::move(session).error());
  run.session = *std::move(session);
  ROSA_CHECK(checkFreeDisk(place, checkpointBytes(*run.session)));
  tell(opening, "noting the data");
  ROSA_TRY(run.data.files, describeData(config));
  run.estimate = train::estimateMemory(*run.session);
  return run;
}

Status keepInFolder(const OpenedRun& run, const store::RunFolder& folder) {
  const auto& session = *run.session;
  if (session.chatTemplate) ROSA_CHECK(writeTemplate(*session.chatTemplate, folder.path));
  auto data = run.data;
  data.labels = session.labels.names();
  data.trainExamples = session.trainExamples;
  data.validationExamples = static_cast<std::int64_t>(session.validation.size());
  return store::writeRunData(folder, data);
}

Expected<OpenedRun> openForResume(const store::RunFolder& folder, const ResumeOptions& options, Opening& opening) {
  tell(opening, "looking for the newest checkpoint");
  ROSA_TRY(const auto config, readStoredConfig(folder));
  ROSA_TRY(const auto newest, checkpoint::newestVerified(base::FileSystem::real(), folder.checkpoints()));
  const ResumeOptions noting{[&](const std::string& changes) {
    if (options.acceptChangedData && options.acceptChangedData(changes)) return true;
    opening.refusedChanges = changes;
    return false;
  }};
  tell(opening, "comparing the data");
  ROSA_TRY(auto resumed, checkData(folder, config, noting));
  const data::LabelMap labels(resumed.data.labels);
  tell(opening, "opening model and data");
  OpenedRun run;
  train::OpenOptions known;
  known.labels = resumed.fresh ? nullptr : &labels;
  known.storedTemplate = folder.path;
  ROSA_TRY(run.session, openCounted(config, opening, known));
  ROSA_CHECK(train::loadCheckpoint(newest.checkpoint.folder, *run.session, run.progress));
  auto& session = *run.session;
  for (const auto& reason : newest.passedOver) session.remarks.push_back(reason);
  if (run.progress.step >= session.counts.totalSteps) {
    return Error{fmt::format("{} has done all its {} steps. To train it longer: rosa resume {} --steps {}",
                             folder.path.string(), session.counts.totalSteps, folder.path.string(),
                             2 * session.counts.totalSteps)};
  }
  if (train::stopsEarly(config, run.progress)) {
    return Error{
        fmt::format("{} has stopped early. Write a larger early-stopping in its config.yaml to go on, or "
                    "start a new run.",
                    folder.path.string())};
  }
  if (!resumed.remark.empty()) session.remarks.push_back(resumed.remark);
  run.data = std::move(resumed.data);
  run.estimate = train::estimateMemory(session);
  return run;
}

}  // namespace rosa::service
