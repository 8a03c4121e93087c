// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/stored_run.h"

#include <fmt/format.h>

#include <charconv>
#include <variant>

#include "base/file.h"
#include "checkpoint/checkpoint_folder.h"
#include "store/event_log.h"
#include "train/checkpoint_state.h"

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

Expected<StoredRun> openStoredRun(const RunConfig& config, const std::filesystem::path& checkpoint) {
  StoredRun run;
  ROSA_TRY(run.session, train::openSession(config));
  ROSA_CHECK(train::loadCheckpoint(checkpoint, *run.session, run.progress));
  if (run.session->average) run.session->average->exchange();  // for good
  return run;
}

}  // namespace rosa::service
