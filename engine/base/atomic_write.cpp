// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/atomic_write.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/text.h"

namespace rosa::base {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemporaryMark = ".rosa-";
constexpr std::string_view kTemporarySuffix = ".tmp";

/// The folder that a path without one is relative to.
fs::path parentOf(const fs::path& path) {
  const fs::path parent = path.parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

/// "runs/x/" and "runs/x" are the same folder, but their parents differ.
fs::path withoutTrailingSlash(fs::path path) {
  return path.has_filename() ? path : path.parent_path();
}

/// Hidden, unique, and still telling in an error message what was being written.
fs::path temporaryBeside(const fs::path& path) {
  static std::atomic<std::uint64_t> counter = 0;
  constexpr std::size_t kKeptOfName = 100;  // a name has at most 255 bytes
  return parentOf(path) / fmt::format(".{}{}{}-{}{}", path.filename().string().substr(0, kKeptOfName), kTemporaryMark,
                                      ::getpid(), counter++, kTemporarySuffix);
}

/// The error under the name that was asked for: nobody knows the hidden one.
Status named(Status status, const fs::path& temporary, const fs::path& path) {
  if (status) return status;
  Error error = std::move(status).error();
  const std::string hidden = printable(temporary.native());
  const std::string shown = printable(path.native());
  for (auto at = error.message.find(hidden); !hidden.empty() && at != std::string::npos;
       at = error.message.find(hidden, at + shown.size())) {
    error.message.replace(at, hidden.size(), shown);
  }
  return error;
}

/// A leftover that cannot be removed is harmless, and the first error is the one to tell.
void discard(FileSystem& files, const fs::path& temporary) {
  if (!temporary.empty()) static_cast<void>(files.remove(temporary));
}

bool isFilled(const fs::path& path) {
  std::error_code code;
  const bool empty = fs::is_directory(path, code) && fs::is_empty(path, code);
  return fs::exists(fs::symlink_status(path, code)) && !empty;
}

/// Files first, then each folder after what it holds.
Status syncTree(FileSystem& files, const fs::path& folder) {
  std::error_code code;
  std::vector<fs::path> entries;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) entries.push_back(*it);
  if (code) return fileError("read", folder, code.value());
  for (const auto& entry : entries) {
    if (fs::is_directory(fs::symlink_status(entry, code))) {
      ROSA_CHECK(syncTree(files, entry));
    } else {
      ROSA_CHECK(files.sync(entry));
    }
  }
  return files.sync(folder);
}

}  // namespace

AtomicFile::AtomicFile(FileSystem& files, fs::path path, fs::path temporary, std::unique_ptr<FileWriter> writer)
    : files_(&files), path_(std::move(path)), temporary_(std::move(temporary)), writer_(std::move(writer)) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : files_(other.files_),
      path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      writer_(std::move(other.writer_)) {}

AtomicFile::~AtomicFile() {
  writer_.reset();
  discard(*files_, temporary_);
}

Expected<AtomicFile> AtomicFile::begin(FileSystem& files, fs::path path) {
  fs::path temporary = temporaryBeside(path);
  auto writer = files.create(temporary);
  if (!writer) {
    // What does not exist is the folder, not the temporary file.
    std::error_code code;
    if (!fs::exists(parentOf(path), code)) return fileError("write in", parentOf(path), ENOENT);
    return named(std::move(writer).error(), temporary, path).error();
  }
  return AtomicFile(files, std::move(path), std::move(temporary), *std::move(writer));
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
  return named(writer_->write(bytes), temporary_, path_);
}

Status AtomicFile::commit() {
  ROSA_CHECK(named(writer_->sync(), temporary_, path_));
  writer_.reset();
  ROSA_CHECK(named(files_->rename(temporary_, path_), temporary_, path_));
  temporary_.clear();
  return files_->sync(parentOf(path_));
}

AtomicFolder::AtomicFolder(FileSystem& files, fs::path path, fs::path temporary, Existing existing)
    : files_(&files), path_(std::move(path)), temporary_(std::move(temporary)), existing_(existing) {}

AtomicFolder::AtomicFolder(AtomicFolder&& other) noexcept
    : files_(other.files_),
      path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      existing_(other.existing_) {}

AtomicFolder::~AtomicFolder() {
  discard(*files_, temporary_);
}

Expected<AtomicFolder> AtomicFolder::begin(FileSystem& files, fs::path path, Existing existing) {
  path = withoutTrailingSlash(std::move(path));
  if (existing == Existing::Refuse && isFilled(path)) {
    return Error{fmt::format("{} exists already and is not an empty folder. Choose another folder or remove it.",
                             printable(path.native()))};
  }
  fs::path temporary = temporaryBeside(path);
  ROSA_CHECK(named(files.createFolders(temporary), temporary, path));
  return AtomicFolder(files, std::move(path), std::move(temporary), existing);
}

Status AtomicFolder::commit() {
  ROSA_CHECK(named(syncTree(*files_, temporary_), temporary_, path_));
  // What appeared since `begin` is refused by rename itself.
  const bool replaces = existing_ == Existing::Replace && isFilled(path_);
  ROSA_CHECK(
      named(replaces ? files_->exchange(temporary_, path_) : files_->rename(temporary_, path_), temporary_, path_));
  const fs::path old = std::exchange(temporary_, {});
  ROSA_CHECK(files_->sync(parentOf(path_)));
  if (replaces) discard(*files_, old);
  return {};
}

Status writeFileAtomically(FileSystem& files, const fs::path& path, std::string_view bytes) {
  ROSA_TRY(AtomicFile file, AtomicFile::begin(files, path));
  ROSA_CHECK(file.write(std::as_bytes(std::span(bytes))));
  return file.commit();
}

Status removeFolder(FileSystem& files, const fs::path& path) {
  const fs::path folder = withoutTrailingSlash(path);
  const fs::path temporary = temporaryBeside(folder);
  ROSA_CHECK(files.rename(folder, temporary));
  return files.remove(temporary);
}

bool isTemporary(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') && name.find(kTemporaryMark) != std::string::npos && name.ends_with(kTemporarySuffix);
}

}  // namespace rosa::base
