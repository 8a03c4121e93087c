// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/run_origin.h"

#include <fmt/format.h>

#include <system_error>

#include "base/atomic_write.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

namespace rosa::store {

Status writeRunOrigin(const RunFolder& folder, const RunOrigin& origin) {
  const base::Json json = {{"host", origin.host}, {"folder", origin.folder.string()}, {"waits", origin.waits}};
  return base::writeFileAtomically(base::FileSystem::real(), folder.originFile(), json.dump(1) + "\n");
}

Expected<std::optional<RunOrigin>> readRunOrigin(const RunFolder& folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder.originFile(), ignored)) return std::optional<RunOrigin>();
  ROSA_TRY(const auto json, base::readJsonFile(base::FileSystem::real(), folder.originFile()));
  try {
    RunOrigin origin{json.at("host").get<std::string>(), json.at("folder").get<std::string>(),
                     json.value("waits", false)};
    return std::optional(std::move(origin));
  } catch (const base::Json::exception&) {
    return Error{
        fmt::format("{} does not say on which host the run lies. Delete the folder; the run on the host stays.",
                    base::printable(folder.originFile().native()))};
  }
}

}  // namespace rosa::store
