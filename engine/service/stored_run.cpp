// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/stored_run.h"

#include "base/file.h"

namespace rosa::service {

Expected<RunConfig> readStoredConfig(const store::RunFolder& folder) {
  constexpr std::uint64_t kLargest = std::uint64_t{1} << 20;
  ROSA_TRY(const auto yaml, base::readFile(base::FileSystem::real(), folder.configFile(), kLargest));
  RunConfig config;
  const auto problems = parseConfig(yaml, folder.path, config);
  if (!problems.empty()) return Error{folder.configFile().string() + ": " + joinProblems(problems)};
  return config;
}

}  // namespace rosa::service
