// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "base/descriptor.h"
#include "rosa/expected.h"

namespace rosa::base {

/// A large file of the program's own, looked at here and there: the pages that were looked at are given back again and
/// again, so that they never amount to much of the process's resident memory. Used by one thread at a time.
///
/// Only for files that nobody writes to once they have their name (base/atomic_write.h): what another program takes off
/// such a file's end cannot be told beforehand in every case (`bytes`). Removing or replacing it does no harm.
class MappedFile {
 public:
  [[nodiscard]] static Expected<MappedFile> open(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// The span holds until the next call. Throws a std::runtime_error with a sentence where the file has become shorter;
  /// a part that never was in it must not be asked for.
  [[nodiscard]] std::span<const std::byte> bytes(std::uint64_t offset, std::size_t count) const;

 private:
  MappedFile(std::filesystem::path path, Descriptor file, std::byte* data, std::uint64_t size);

  std::filesystem::path path_;
  Descriptor file_;
  std::byte* data_;  ///< null for an empty file
  std::uint64_t size_;
  mutable std::size_t touched_ = 0;  ///< bytes of pages since they were given back last
};

}  // namespace rosa::base
