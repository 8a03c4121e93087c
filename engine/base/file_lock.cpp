// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <thread>

#include "base/file.h"

namespace rosa::base {

namespace {

/// 0, or the reason in errno's numbers; never waits for the lock.
int tryLock(const Descriptor& file, int kind) {
  while (::flock(file.get(), kind | LOCK_NB) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

}  // namespace

Expected<std::optional<FileLock>> FileLock::tryTake(const std::filesystem::path& path) {
  constexpr mode_t kReadableByUmask = 0666;
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kReadableByUmask));
  if (!file.valid()) return fileError("open", path, errno);
  const int reason = tryLock(file, LOCK_EX);
  if (reason == EWOULDBLOCK) return std::optional<FileLock>();
  if (reason != 0) return fileError("lock", path, reason);
  return std::optional(FileLock(std::move(file)));
}

Expected<std::optional<FileLock>> FileLock::takeWithin(const std::filesystem::path& path,
                                                       std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds kPause(20);
  ROSA_TRY(auto lock, tryTake(path));
  for (auto waited = kPause; !lock && waited < patience; waited += kPause) {
    std::this_thread::sleep_for(kPause);
    ROSA_TRY(lock, tryTake(path));
  }
  return lock;
}

Expected<std::optional<FileLock>> FileLock::adopt(const std::filesystem::path& path, int descriptor) {
  struct stat given {};
  struct stat named {};
  if (::fstat(descriptor, &given) != 0) return fileError("lock", path, errno);
  if (::stat(path.c_str(), &named) != 0) return fileError("lock", path, errno);
  if (given.st_dev != named.st_dev || given.st_ino != named.st_ino) return std::optional<FileLock>();
  Descriptor file(descriptor);
  ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  const int reason = tryLock(file, LOCK_EX);
  if (reason == EWOULDBLOCK) return std::optional<FileLock>();
  if (reason != 0) return fileError("lock", path, reason);
  return std::optional(FileLock(std::move(file)));
}

bool FileLock::isHeld(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return file.valid() && tryLock(file, LOCK_SH) == EWOULDBLOCK;
}

}  // namespace rosa::base
