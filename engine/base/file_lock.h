// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
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
  /// The same, but tries again for as long as `patience` while another holder has it.
  [[nodiscard]] static Expected<std::optional<FileLock>> takeWithin(const std::filesystem::path& path,
                                                                    std::chrono::milliseconds patience);
  /// Takes over an open descriptor of the file that holds the lock already, or can take it now: as a process inherits
  /// it from the one that started it. Empty where it is another file's or another holder has the lock.
  [[nodiscard]] static Expected<std::optional<FileLock>> adopt(const std::filesystem::path& path, int descriptor);
  /// True while somebody, this process included, holds the lock. Holds it for an instant itself.
  [[nodiscard]] static bool isHeld(const std::filesystem::path& path);

  [[nodiscard]] int descriptor() const { return file_.get(); }

 private:
  explicit FileLock(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

}  // namespace rosa::base
