// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/run_names.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace rosa::cli {

Expected<std::vector<RunRecord>> pickRuns(std::vector<RunRecord> runs, const std::vector<std::string>& wanted) {
  std::vector<RunRecord> picked;
  for (const auto& name : wanted) {
    std::error_code ignored;
    const auto path = std::filesystem::weakly_canonical(name, ignored);
    const auto found = std::find_if(runs.begin(), runs.end(), [&](const RunRecord& run) {
      return run.name == name || run.directory.filename() == name || run.directory == path;
    });
    if (found == runs.end())
      return Error{"No run is called '" + name + "'. `rosa runs list` shows the names and folders."};
    picked.push_back(*found);
  }
  return picked;
}

Expected<std::filesystem::path> runFolderOf(Engine& engine, const std::string& wanted) {
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::path(wanted) / "config.yaml", ignored)) {
    return std::filesystem::absolute(wanted, ignored).lexically_normal();
  }
  ROSA_TRY(auto runs, engine.runs());
  ROSA_TRY(const auto picked, pickRuns(std::move(runs), {wanted}));
  return picked.front().directory;
}

}  // namespace rosa::cli
