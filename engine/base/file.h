// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "rosa/expected.h"

/// The file layer: the few operations that checkpoints, exports and settings are made of.
///
/// Behind an interface, so that tests can make any of them fail (tests/support/fault_file_system.h). Objects of these
/// types are used by one thread at a time; `FileSystem::real()` itself may be called from any thread. Everything blocks
/// for as long as the disk takes. How files and folders are replaced safely stands in base/atomic_write.h.
namespace rosa::base {

/// A regular file opened for reading. Read, never mapped: a file that shrinks meanwhile is an error, not a signal.
class FileReader {
 public:
  virtual ~FileReader() = default;
  /// Bytes, when it was opened.
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// Fills all of `bytes` from `offset` on.
  [[nodiscard]] virtual Status readAt(std::uint64_t offset, std::span<std::byte> bytes) const = 0;
};

/// A new file, written from its beginning; the destructor closes it.
class FileWriter {
 public:
  virtual ~FileWriter() = default;
  [[nodiscard]] virtual Status write(std::span<const std::byte> bytes) = 0;
  /// Returns when the bytes are on the disk. After an error the file must be thrown away: the kernel may have dropped
  /// what it could not write, and a second fsync would report success.
  [[nodiscard]] virtual Status sync() = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  /// Refuses what is not a regular file (folder, pipe, device) without waiting for it.
  [[nodiscard]] virtual Expected<std::unique_ptr<FileReader>> open(const std::filesystem::path& path) = 0;
  /// Refuses a path that exists.
  [[nodiscard]] virtual Expected<std::unique_ptr<FileWriter>> create(const std::filesystem::path& path) = 0;
  /// With its parents; content with one that exists.
  [[nodiscard]] virtual Status createFolders(const std::filesystem::path& path) = 0;
  /// Replaces an existing file, or an empty folder by a folder, in one step.
  [[nodiscard]] virtual Status rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  /// Swaps two folders in one step. Some network file systems cannot, and say so.
  [[nodiscard]] virtual Status exchange(const std::filesystem::path& a, const std::filesystem::path& b) = 0;
  /// Brings a file's bytes, or a folder's list of names, to the disk.
  [[nodiscard]] virtual Status sync(const std::filesystem::path& path) = 0;
  /// A file, or a folder with all in it; content with a path that does not exist.
  [[nodiscard]] virtual Status remove(const std::filesystem::path& path) = 0;
  /// Bytes that this user can still write where `path` (or its nearest existing parent) lies.
  [[nodiscard]] virtual Expected<std::uint64_t> freeBytes(const std::filesystem::path& path) = 0;

  /// This machine's files.
  [[nodiscard]] static FileSystem& real();
};

/// The whole file as bytes; one larger than `limit` is refused before anything is allocated.
[[nodiscard]] Expected<std::string> readFile(FileSystem& files, const std::filesystem::path& path, std::uint64_t limit);

/// The sentence for a failed operation: "Could not write X: the disk is full. Free some space and try again."
[[nodiscard]] Error fileError(std::string_view operation, const std::filesystem::path& path, int errorNumber);

}  // namespace rosa::base
