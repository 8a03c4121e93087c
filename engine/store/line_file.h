// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>
#include <utility>

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

/// Follows a file that grows by lines. Holds one line in memory; one longer than `longestLine` bytes is passed over.
class LineTail {
 public:
  LineTail(std::filesystem::path path, std::size_t longestLine, std::int64_t offset = 0)
      : path_(std::move(path)), longestLine_(longestLine), offset_(offset) {}

  /// Calls `visit` for each complete line that has come since the last call, without its end, until it returns an
  /// error. A file that does not exist (yet) has no lines.
  [[nodiscard]] Status read(const std::function<Status(std::string_view)>& visit);
  /// Bytes up to the first line that has not been visited.
  [[nodiscard]] std::int64_t offset() const { return offset_; }

 private:
  std::filesystem::path path_;
  std::size_t longestLine_;
  std::int64_t offset_;
  bool skipping_ = false;  ///< the line at `offset_` is the rest of one that is too long
};

/// All complete lines, oldest first, as LineTail visits them.
[[nodiscard]] Status visitLines(const std::filesystem::path& path, std::size_t longestLine,
                                const std::function<Status(std::string_view)>& visit);

}  // namespace rosa::store
