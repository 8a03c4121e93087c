// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "base/file.h"
#include "rosa/expected.h"

/// Files and folders that appear complete or not at all.
///
/// Everything is written under a temporary name in the same folder, brought to the disk, renamed, and the rename is
/// brought to the disk too. On a failure what was there before stays as it was and the temporary is removed; only a
/// killed process leaves one behind (see `isTemporary`). Where the very last step fails, the sync of the parent folder,
/// the new one stands in place, complete, though a power cut may still undo it.
namespace rosa::base {

/// One file. Destroyed without `commit`, it leaves nothing.
class AtomicFile {
 public:
  /// `path` may exist; it is replaced by `commit`. Its folder must exist.
  [[nodiscard]] static Expected<AtomicFile> begin(FileSystem& files, std::filesystem::path path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  [[nodiscard]] Status write(std::span<const std::byte> bytes);
  /// Where what was written lies until `commit`.
  [[nodiscard]] const std::filesystem::path& temporaryPath() const { return temporary_; }
  /// Once, at the end; after an error the object is spent.
  [[nodiscard]] Status commit();

 private:
  AtomicFile(FileSystem& files, std::filesystem::path path, std::filesystem::path temporary,
             std::unique_ptr<FileWriter> writer);

  FileSystem* files_;
  std::filesystem::path path_;
  std::filesystem::path temporary_;  ///< empty when committed or moved from
  std::unique_ptr<FileWriter> writer_;
};

/// A folder with all its files. Destroyed without `commit`, it leaves nothing.
class AtomicFolder {
 public:
  enum class Existing {
    Refuse,   ///< the path must not exist, or be an empty folder
    Replace,  ///< `commit` swaps the two and removes the old one
  };

  /// The path's parents are made.
  [[nodiscard]] static Expected<AtomicFolder> begin(FileSystem& files, std::filesystem::path path,
                                                    Existing existing = Existing::Refuse);
  AtomicFolder(AtomicFolder&& other) noexcept;
  AtomicFolder& operator=(AtomicFolder&&) = delete;
  ~AtomicFolder();

  /// Where to write until `commit`, by whatever means.
  [[nodiscard]] const std::filesystem::path& temporaryPath() const { return temporary_; }
  /// Syncs every file inside and renames the folder to its final path. After an error the object is spent.
  [[nodiscard]] Status commit();

 private:
  AtomicFolder(FileSystem& files, std::filesystem::path path, std::filesystem::path temporary, Existing existing);

  FileSystem* files_;
  std::filesystem::path path_;
  std::filesystem::path temporary_;  ///< empty when committed or moved from
  Existing existing_;
};

/// Writes or replaces one small file.
[[nodiscard]] Status writeFileAtomically(FileSystem& files, const std::filesystem::path& path, std::string_view bytes);

/// Removes a folder so that it is there whole or not at all.
[[nodiscard]] Status removeFolder(FileSystem& files, const std::filesystem::path& path);

/// True for names that AtomicFile, AtomicFolder and removeFolder give to what is not complete.
[[nodiscard]] bool isTemporary(const std::filesystem::path& path);

}  // namespace rosa::base
