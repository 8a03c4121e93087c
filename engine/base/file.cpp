// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <system_error>
#include <utility>

#include "base/descriptor.h"
#include "base/text.h"

namespace rosa::base {
namespace {

namespace fs = std::filesystem;

class RealReader final : public FileReader {
 public:
  RealReader(Descriptor file, fs::path path, std::uint64_t size)
      : file_(std::move(file)), path_(std::move(path)), size_(size) {}

  std::uint64_t size() const override { return size_; }

  Status readAt(std::uint64_t offset, std::span<std::byte> bytes) const override {
    constexpr auto kLargestOffset = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
    if (offset > kLargestOffset || bytes.size() > kLargestOffset - offset) return tooShort();
    while (!bytes.empty()) {
      const ssize_t got = ::pread(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fileError("read", path_, errno);
      if (got == 0) return tooShort();
      bytes = bytes.subspan(static_cast<std::size_t>(got));
      offset += static_cast<std::uint64_t>(got);
    }
    return {};
  }

 private:
  [[nodiscard]] Error tooShort() const {
    return Error{
        fmt::format("{} ends early: it became shorter while it was read. Wait until it is complete, or fetch it again.",
                    printable(path_.native()))};
  }

  Descriptor file_;
  fs::path path_;
  std::uint64_t size_;
};

class RealWriter final : public FileWriter {
 public:
  RealWriter(Descriptor file, fs::path path) : file_(std::move(file)), path_(std::move(path)) {}

  Status write(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const ssize_t wrote = ::write(file_.get(), bytes.data(), bytes.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return fileError("write", path_, errno);
      bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    }
    return {};
  }

  Status sync() override {
    if (::fsync(file_.get()) != 0) return fileError("write", path_, errno);
    return {};
  }

 private:
  Descriptor file_;
  fs::path path_;
};

class RealFileSystem final : public FileSystem {
 public:
  Expected<std::unique_ptr<FileReader>> open(const fs::path& path) override {
    // O_NONBLOCK: opening a named pipe must not wait for its writer.
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.valid()) return fileError("open", path, errno);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return fileError("open", path, errno);
    if (S_ISDIR(status.st_mode)) return fileError("open", path, EISDIR);
    if (!S_ISREG(status.st_mode)) {
      return Error{fmt::format("{} is a pipe or a device. Name a regular file.", printable(path.native()))};
    }
    return std::unique_ptr<FileReader>(
        std::make_unique<RealReader>(std::move(file), path, static_cast<std::uint64_t>(status.st_size)));
  }

  Expected<std::unique_ptr<FileWriter>> create(const fs::path& path) override {
    constexpr mode_t kReadableByUmask = 0666;
    Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kReadableByUmask));
    if (!file.valid()) return fileError("create", path, errno);
    return std::unique_ptr<FileWriter>(std::make_unique<RealWriter>(std::move(file), path));
  }

  Status createFolders(const fs::path& path) override {
    std::error_code code;
    fs::create_directories(path, code);
    if (code) return fileError("create", path, code.value());
    return {};
  }

  Status rename(const fs::path& from, const fs::path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return fileError("replace", to, errno);
    return {};
  }

  Status exchange(const fs::path& a, const fs::path& b) override {
    if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) != 0) {
      return fileError("replace", b, errno == ENOSYS ? EINVAL : errno);
    }
    return {};
  }

  Status sync(const fs::path& path) override {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.valid()) return fileError("open", path, errno);
    // Some network file systems cannot sync a folder and say EINVAL: there is nothing more to be done.
    if (::fsync(file.get()) != 0 && errno != EINVAL) return fileError("write", path, errno);
    return {};
  }

  Status remove(const fs::path& path) override {
    std::error_code code;
    fs::remove_all(path, code);
    if (code) return fileError("remove", path, code.value());
    return {};
  }

  Expected<std::uint64_t> freeBytes(const fs::path& path) override {
    fs::path existing = fs::absolute(path);
    std::error_code code;
    while (!fs::exists(existing, code) && existing.has_relative_path()) existing = existing.parent_path();
    struct statvfs status {};
    if (::statvfs(existing.c_str(), &status) != 0) return fileError("look at", existing, errno);
    return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
  }
};

struct Reason {
  int errorNumber;
  std::string_view sentence;
};

constexpr Reason kReasons[] = {
    {ENOENT, "it does not exist. Check the path."},
    {ENOTDIR, "a part of the path is not a folder. Check the path."},
    {EISDIR, "it is a folder. Name a file."},
    {EEXIST, "it exists already. Choose another name or remove it."},
    {ENOTEMPTY, "it exists already and is not empty. Choose another name or remove it."},
    {EACCES, "permission is missing. Change the permissions or choose another place."},
    {EPERM, "permission is missing. Change the permissions or choose another place."},
    {EROFS, "the disk is read-only. Choose another place."},
    {ENOSPC, "the disk is full. Free some space and try again."},
    {EDQUOT, "the disk quota is used up. Free some space and try again."},
    {EFBIG, "the file would be larger than this disk allows. Choose another place."},
    {EIO, "the disk reports an error. Check the disk, or choose another one."},
    {ENAMETOOLONG, "the name is too long. Choose a shorter one."},
    {ELOOP, "its links lead in a circle. Repair the link."},
    {EINVAL, "this kind of disk cannot do it. Choose a place on a local disk."},
    {EXDEV, "the two places lie on different disks. Choose a place on one disk."},
    {EMFILE, "too many files are open. Close some programs or raise the limit (ulimit -n)."},
    {ENFILE, "too many files are open on this machine. Close some programs."},
};

}  // namespace

FileSystem& FileSystem::real() {
  static RealFileSystem files;
  return files;
}

Expected<std::string> readFile(FileSystem& files, const fs::path& path, std::uint64_t limit) {
  ROSA_TRY(const auto file, files.open(path));
  if (file->size() > limit) {
    return Error{
        fmt::format("{} has {}, more than the {} that are read of such a file. Check that it is the right one.",
                    printable(path.native()), formatBytes(file->size()), formatBytes(limit))};
  }
  std::string text(static_cast<std::size_t>(file->size()), '\0');
  ROSA_CHECK(file->readAt(0, std::as_writable_bytes(std::span(text))));
  return text;
}

Error fileError(std::string_view operation, const fs::path& path, int errorNumber) {
  const auto* known = std::ranges::find(kReasons, errorNumber, &Reason::errorNumber);
  const std::string reason = known != std::end(kReasons)
                                 ? std::string(known->sentence)
                                 : std::generic_category().message(errorNumber) + ". Check the place and try again.";
  return Error{fmt::format("Could not {} {}: {}", operation, printable(path.native()), reason)};
}

}  // namespace rosa::base
