// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "base/text.h"
#include "store/run_folder.h"

namespace rosa::store {
namespace {

std::filesystem::path lockFile(const RunFolder& folder) {
  return folder.path / ".lock";
}

}  // namespace

Expected<RunLock> RunLock::take(const RunFolder& folder) {
  // isLocked holds the lock for an instant: only one that stays is another run's.
  constexpr std::chrono::milliseconds kPatience(200);
  ROSA_TRY(auto lock, base::FileLock::takeWithin(lockFile(folder), kPatience));
  if (lock) return RunLock(*std::move(lock));
  return Error{fmt::format("{} is being trained by another process. Wait until it ends, or stop it.",
                           base::printable(folder.path.native()))};
}

Expected<RunLock> RunLock::adopt(const RunFolder& folder, int descriptor) {
  ROSA_TRY(auto lock, base::FileLock::adopt(lockFile(folder), descriptor));
  if (lock) return RunLock(*std::move(lock));
  return Error{
      fmt::format("Descriptor {} does not hold the lock of {}.", descriptor, base::printable(folder.path.native()))};
}

bool isLocked(const RunFolder& folder) {
  return base::FileLock::isHeld(lockFile(folder));
}

}  // namespace rosa::store
