// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/run_names.h"

#include <fmt/format.h>

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

void addHostOption(CLI::App& command, std::string& host) {
  command.add_option("--host", host, "Another machine on which rosa is installed, as the system's ssh reaches it")
      ->type_name("USER@NAME");
}

Expected<std::filesystem::path> runFolderAt(Context& context, const std::string& wanted, const std::string& host) {
  return host.empty() ? runFolderOf(context.engine(), wanted) : context.runs().adopt(host, wanted);
}

int passOn(const Context& context, const std::string& host) {
  std::vector<std::string> arguments;
  for (std::size_t i = 0; i < context.arguments.size(); ++i) {
    if (context.arguments[i] == "--host") {
      ++i;
    } else if (!context.arguments[i].starts_with("--host=")) {
      arguments.push_back(context.arguments[i]);
    }
  }
  const auto printed = askHost(host, arguments);
  if (!printed) {
    printError(printed.error().message);
    return kWrongInput;
  }
  fmt::print("{}", *printed);
  return kDone;
}

}  // namespace rosa::cli
