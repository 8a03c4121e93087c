// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string_view>

#include "base/descriptor.h"
#include "rosa/expected.h"

/// Text files that grow by whole lines.
namespace rosa::store {

/// A file that lines are added to. Used by one thread; its run's lock keeps other processes away.
class LineFile {
 public:
  /// Makes the file if need be, and cuts off a last line that a crash or a power cut left without its end.
  [[nodiscard]] static Expected<LineFile> open(std::filesystem::path path);

  /// Adds the line and its end with one system call, as a rule. After an error the file is as it was.
  [[nodiscard]] Status append(std::string_view line);
  /// Returns when all lines are on the disk.
  [[nodiscard]] Status sync();

 private:
  LineFile(std::filesystem::path path, base::Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}

  std::filesystem::path path_;
  base::Descriptor file_;
};

/// Calls `visit` for each complete line without its end, oldest first, until it returns an error; a file that does not
/// exist has no lines. Holds one line in memory; one longer than `longestLine` bytes is passed over.
[[nodiscard]] Status visitLines(const std::filesystem::path& path, std::size_t longestLine,
                                const std::function<Status(std::string_view)>& visit);

}  // namespace rosa::store
