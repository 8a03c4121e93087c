// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/run_place.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/file.h"
#include "base/text.h"
#include "store/run_folder.h"

namespace rosa::service {

namespace fs = std::filesystem;

namespace {

fs::path nearestExisting(const fs::path& folder) {
  auto path = fs::absolute(folder);
  std::error_code code;
  while (!fs::exists(fs::symlink_status(path, code)) && path.has_relative_path()) path = path.parent_path();
  return path;
}

}  // namespace

std::int64_t estimateCheckpointBytes(std::int64_t adaptedNumbers, std::int64_t trainableNumbers) {
  constexpr std::int64_t kBytes = 4;
  return kBytes * (adaptedNumbers + 3 * trainableNumbers);
}

Status checkRunPlace(const fs::path& folder, std::int64_t checkpointBytes) {
  const auto shown = base::printable(folder.native());
  const auto there = nearestExisting(folder);
  std::error_code code;
  if (!fs::is_directory(there, code)) {
    return Error{fmt::format("The run cannot be written into {}: {} is not a folder. Choose another --out.", shown,
                             base::printable(there.native()))};
  }
  if (there == fs::absolute(folder) && !fs::is_empty(there, code)) return store::folderTaken(folder);
  if (::access(there.c_str(), W_OK | X_OK) != 0) return base::fileError("create", folder, errno);
  return checkFreeDisk(folder, checkpointBytes);
}

Status checkFreeDisk(const fs::path& folder, std::int64_t checkpointBytes) {
  ROSA_TRY(const auto free, base::FileSystem::real().freeBytes(folder));
  const auto needed = 2 * static_cast<std::uint64_t>(checkpointBytes);
  if (free < needed) {
    return Error{
        fmt::format("The disk of {} has only {} free, and two checkpoints take {}. Free some space or choose "
                    "another --out.",
                    base::printable(folder.native()), base::formatBytes(free), base::formatBytes(needed))};
  }
  return {};
}

}  // namespace rosa::service
