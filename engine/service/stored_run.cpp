// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/stored_run.h"

#include <fmt/format.h>

#include <charconv>
#include <variant>

#include "base/atomic_write.h"
#include "base/clock.h"
#include "base/file.h"
#include "checkpoint/checkpoint_folder.h"
#include "config/mix.h"
#include "data/dataset.h"
#include "data/shards.h"
#include "store/event_log.h"
#include "train/checkpoint_state.h"
#include "train/kept_tokens.h"

namespace rosa::service {

Expected<RunConfig> readStoredConfig(const store::RunFolder& folder) {
  constexpr std::uint64_t kLargest = std::uint64_t{1} << 20;
  ROSA_TRY(const auto yaml, base::readFile(base::FileSystem::real(), folder.configFile(), kLargest));
  RunConfig config;
  const auto problems = parseConfig(yaml, folder.path, config);
  if (!problems.empty()) return Error{folder.configFile().string() + ": " + joinProblems(problems)};
  return config;
}

Expected<std::filesystem::path> chooseCheckpoint(const store::RunFolder& folder, const std::string& which) {
  if (which == "last" || which.empty()) {
    ROSA_TRY(const auto newest, checkpoint::newestVerified(base::FileSystem::real(), folder.checkpoints()));
    return newest.checkpoint.folder;
  }
  std::int64_t step = -1;
  if (which == "best") {
    ROSA_TRY(const auto events, store::readEvents(folder));
    for (const auto& event : store::effectiveEvents(events)) {
      const auto* evaluation = std::get_if<EvaluationCompleted>(&event);
      if (evaluation != nullptr && evaluation->best) step = evaluation->step;
    }
    if (step < 0) return Error{"The run was never evaluated, so none of its checkpoints is the best. Choose last."};
  } else {
    const auto [end, error] = std::from_chars(which.data(), which.data() + which.size(), step);
    if (error != std::errc() || end != which.data() + which.size()) {
      return Error{fmt::format("\"{}\" is no checkpoint. Choose best, last, or a step number.", which)};
    }
  }
  const auto path = checkpoint::checkpointPath(folder.checkpoints(), step);
  if (std::filesystem::exists(path)) return path;
  std::string known;
  for (const auto& there : checkpoint::listCheckpoints(folder.checkpoints())) {
    known += (known.empty() ? "" : ", ") + std::to_string(there.step);
  }
  return Error{fmt::format("{} has no checkpoint of step {}. There are: {}.", folder.path.string(), step, known)};
}

Status writeTemplate(const text::ChatTemplate& chatTemplate, const std::filesystem::path& folder) {
  for (const auto& [name, source] : chatTemplate.files()) {
    const auto path = folder / name;
    std::error_code problem;
    std::filesystem::create_directories(path.parent_path(), problem);
    if (problem) {
      return Error{fmt::format("{} cannot be made ({}): check the permissions there.", path.parent_path().string(),
                               problem.message())};
    }
    ROSA_CHECK(base::writeFileAtomically(base::FileSystem::real(), path, source));
  }
  return {};
}

namespace {

/// A part's file; if it is several, each is a part of its own: "train/00000.parquet".
Status describePart(const std::string& part, const std::filesystem::path& path,
                    std::vector<store::DataFile>& described) {
  ROSA_TRY(const auto files, data::shardsOf(path));
  for (const auto& file : files) {
    const bool several = file != path;
    ROSA_TRY(described.emplace_back(), store::describeDataFile(several ? part + "/" + file.filename().string() : part,
                                                               file, train::keptDigests()));
  }
  return {};
}

}  // namespace

Expected<std::vector<store::DataFile>> describeData(const RunConfig& config) {
  ROSA_TRY(const auto files, data::filesOf(config));
  std::vector<store::DataFile> described;
  ROSA_CHECK(describePart("train", files.train, described));
  for (std::size_t i = 0; i < config.mix.size(); ++i) {
    ROSA_TRY(const auto entry, config::parseMix(config.mix[i]));
    ROSA_TRY(const auto mixed, data::locateData(entry.path));
    ROSA_CHECK(describePart("mix" + std::to_string(i + 1), mixed.train, described));
  }
  if (files.validation) ROSA_CHECK(describePart("valid", *files.validation, described));
  return described;
}

Expected<ResumedData> checkData(const store::RunFolder& folder, const RunConfig& config, const ResumeOptions& options) {
  ResumedData resumed;
  ROSA_TRY(auto known, store::readRunData(folder));
  ROSA_TRY(auto now, describeData(config));
  resumed.fresh = !known;
  if (known) resumed.data = *std::move(known);
  const auto changes = resumed.fresh ? std::string() : store::whatChanged(resumed.data.files, now);
  if (!changes.empty()) {
    if (!options.acceptChangedData || !options.acceptChangedData(changes)) {
      return Error{
          fmt::format("The data are not those that the run began with: {}. Put the original data back, or agree to "
                      "go on with what is there now: rosa resume {} --data-changed accept",
                      changes, folder.path.string())};
    }
    const auto time = base::formatUtc(base::Clock::real().now());
    resumed.data.accepted.push_back(fmt::format("{}: {}", time, changes));
    resumed.remark = fmt::format("The data are not those that the run began with, as was agreed to: {}.", changes);
  }
  resumed.data.files = std::move(now);
  return resumed;
}

Expected<std::unique_ptr<train::Session>> openRunSession(const store::RunFolder& folder, const RunConfig& config,
                                                         DataUse data) {
  ROSA_TRY(const auto known, store::readRunData(folder));
  train::OpenOptions options;
  options.storedTemplate = folder.path;
  data::LabelMap labels;
  if (known) {
    labels = data::LabelMap(known->labels);
    options.labels = &labels;
    bool unread = data == DataUse::Leave;
    if (!unread) {
      const auto now = describeData(config);
      unread = !now || !store::whatChanged(known->files, *now).empty();
    }
    if (unread) options.unreadExamples = known->trainExamples;
  }
  return train::openSession(config, options);
}

Expected<StoredRun> openStoredRun(const store::RunFolder& folder, const RunConfig& config,
                                  const std::filesystem::path& checkpoint, DataUse data) {
  StoredRun run;
  ROSA_TRY(run.session, openRunSession(folder, config, data));
  ROSA_CHECK(train::loadCheckpoint(checkpoint, *run.session, run.progress));
  if (run.session->average) run.session->average->exchange();  // for good
  return run;
}

}  // namespace rosa::service
