// SPDX-License-Identifier: GPL-3.0-or-later
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "store/run_folder.h"

namespace rosa::store {
namespace {

std::filesystem::path lockFile(const RunFolder& folder) {
  return folder.path / ".lock";
}

/// 0, or the reason in errno's numbers; never waits for the lock.
int tryLock(const Descriptor& file, int kind) {
  while (::flock(file.get(), kind | LOCK_NB) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

}  // namespace

Expected<RunLock> RunLock::take(const RunFolder& folder) {
  constexpr mode_t kReadableByUmask = 0666;
  Descriptor file(::open(lockFile(folder).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kReadableByUmask));
  if (!file.valid()) return base::fileError("open", lockFile(folder), errno);
  // isLocked holds the lock for an instant: only one that stays is another run's.
  constexpr int kAttempts = 10;
  constexpr auto kPause = std::chrono::milliseconds(20);
  int reason = tryLock(file, LOCK_EX);
  for (int attempt = 1; reason == EWOULDBLOCK && attempt < kAttempts; ++attempt) {
    std::this_thread::sleep_for(kPause);
    reason = tryLock(file, LOCK_EX);
  }
  if (reason == EWOULDBLOCK) {
    return Error{fmt::format("{} is being trained by another process. Wait until it ends, or stop it.",
                             base::printable(folder.path.native()))};
  }
  if (reason != 0) return base::fileError("lock", lockFile(folder), reason);
  return RunLock(std::move(file));
}

bool isLocked(const RunFolder& folder) {
  const Descriptor file(::open(lockFile(folder).c_str(), O_RDONLY | O_CLOEXEC));
  return file.valid() && tryLock(file, LOCK_SH) == EWOULDBLOCK;
}

}  // namespace rosa::store
