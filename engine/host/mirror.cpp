// SPDX-License-Identifier: GPL-3.0-or-later
#include "host/mirror.h"

#include <system_error>

#include "base/atomic_write.h"
#include "base/text.h"
#include "rosa/engine.h"

namespace rosa::host {
namespace {

namespace fs = std::filesystem;

Expected<store::RunFolder> makeMirror(const store::RunOrigin& origin, const std::string& yaml) {
  RunConfig config;
  static_cast<void>(parseConfig(yaml, origin.folder, config));
  // Wherever it lies on the host, here it is one of the home's.
  config.out.clear();
  ROSA_TRY(const auto folder, store::createRunFolder(config));
  const auto written = [&]() -> Status {
    // As the host has it: its paths are the host's.
    ROSA_CHECK(base::writeFileAtomically(base::FileSystem::real(), folder.configFile(), yaml));
    return store::writeRunOrigin(folder, origin);
  }();
  if (written) return folder;
  static_cast<void>(base::removeFolder(base::FileSystem::real(), folder.path));
  return written.error();
}

}  // namespace

Expected<HostAnswer> answerOf(const RemoteShell& shell, std::string_view printed) {
  for (const auto line : base::split(printed, '\n')) {
    if (auto answer = hostAnswerFromJson(line)) return answer;
  }
  return shell.foreign(base::trim(printed));
}

Expected<RunPlan> planOf(const RemoteShell& shell, std::string_view printed) {
  for (const auto line : base::split(printed, '\n')) {
    if (auto plan = planFromJson(line)) return plan;
  }
  return shell.foreign(base::trim(printed));
}

Expected<store::RunFolder> mirrorOf(const std::string& host, const HostAnswer& answer) {
  const store::RunOrigin origin{host, answer.folder, answer.waits};
  std::error_code code;
  for (fs::directory_iterator it(rosaHome() / "runs", code), end; !code && it != end; it.increment(code)) {
    const store::RunFolder folder{it->path()};
    const auto found = store::readRunOrigin(folder);
    if (!found || !*found || (*found)->host != host || (*found)->folder != answer.folder) continue;
    ROSA_CHECK(store::writeRunOrigin(folder, origin));
    return folder;
  }
  return makeMirror(origin, answer.config);
}

}  // namespace rosa::host
