// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "rosa/expected.h"

namespace rosa::base {

/// A folder of its own under TMPDIR that goes with the object, with everything in it. A program that is killed leaves
/// it to the system's cleaning.
class TemporaryFolder {
 public:
  /// `purpose` is a part of its name. An error says to set TMPDIR where no folder can be made.
  [[nodiscard]] static Expected<TemporaryFolder> make(const std::string& purpose);

  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  ~TemporaryFolder();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;  ///< empty once moved from
};

}  // namespace rosa::base
