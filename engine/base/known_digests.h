// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/sha256.h"
#include "rosa/expected.h"

namespace rosa::base {

/// SHA-256 of large files, remembered from one start of the program to the next under what the file system says of a
/// file: which one it is, its size, and when its bytes and its properties changed last, which nobody can set back. One
/// small file in a folder each; what cannot be remembered is computed again.
class KnownDigests {
 public:
  /// Without a folder nothing is remembered, and files of fewer bytes never are.
  explicit KnownDigests(std::filesystem::path folder = {}, std::uint64_t smallest = 0)
      : folder_(std::move(folder)), smallest_(smallest) {}

  /// As remembered, or as digestFile makes it.
  [[nodiscard]] Expected<FileDigest> of(const std::filesystem::path& file,
                                        const std::function<bool(double)>& goOn = {}) const;
  /// As remembered.
  [[nodiscard]] std::optional<std::string> find(const std::filesystem::path& file) const;
  /// Of a file that nobody else writes to.
  void note(const std::filesystem::path& file, const std::string& sha256) const;

  /// The ending of what lies in the folder.
  static constexpr const char* kEnding = ".rosa-digest";

 private:
  /// Where a file's digest lies, if it is to be remembered.
  [[nodiscard]] std::optional<std::filesystem::path> placeOf(const std::filesystem::path& file) const;

  std::filesystem::path folder_;
  std::uint64_t smallest_;
};

}  // namespace rosa::base
