// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <utility>

#include "base/descriptor.h"
#include "rosa/expected.h"

namespace rosa::base {

/// A lock between processes, held until the object or its process ends, however it ends. The file stays behind.
class FileLock {
 public:
  /// Makes the file if need be; empty where another holder has the lock. Never waits.
  [[nodiscard]] static Expected<std::optional<FileLock>> tryTake(const std::filesystem::path& path);
  /// True while somebody, this process included, holds the lock. Holds it for an instant itself.
  [[nodiscard]] static bool isHeld(const std::filesystem::path& path);

 private:
  explicit FileLock(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

}  // namespace rosa::base
