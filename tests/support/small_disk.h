// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>

namespace rosa::test {

/// A file system in memory of so many bytes, mounted on a new folder. Only root in its own right may.
class SmallDisk {
 public:
  SmallDisk(const std::filesystem::path& folder, int kilobytes) : path_(folder) {
    std::filesystem::create_directories(folder);
    const auto size = "size=" + std::to_string(kilobytes) + "k";
    error_ = mount("tmpfs", folder.c_str(), "tmpfs", 0, size.c_str()) == 0 ? 0 : errno;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (error_ == 0) umount2(path_.c_str(), MNT_DETACH);
  }
  /// Why there is none; empty if there is.
  [[nodiscard]] std::string missing() const { return error_ == 0 ? "" : std::strerror(error_); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int error_ = 0;
};

}  // namespace rosa::test
