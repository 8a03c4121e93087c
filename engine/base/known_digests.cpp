// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/known_digests.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/atomic_write.h"
#include "base/file.h"

namespace rosa::base {

namespace {

constexpr std::size_t kDigits = 64;

/// Nothing for what is no regular file.
std::optional<struct stat> statusOf(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return status;
}

/// Whether another write could bear the same time: clocks of file systems are coarse.
bool changedJustNow(const struct stat& status) {
  using std::chrono::system_clock;
  constexpr std::time_t kSeconds = 2;
  return status.st_ctim.tv_sec + kSeconds >= system_clock::to_time_t(system_clock::now());
}

}  // namespace

std::optional<std::filesystem::path> KnownDigests::placeOf(const std::filesystem::path& file) const {
  const auto status = statusOf(file);
  if (folder_.empty() || !status || static_cast<std::uint64_t>(status->st_size) < smallest_) return std::nullopt;
  const auto state =
      fmt::format("{}|{}|{}|{}.{:09}|{}.{:09}", status->st_dev, status->st_ino, status->st_size, status->st_mtim.tv_sec,
                  status->st_mtim.tv_nsec, status->st_ctim.tv_sec, status->st_ctim.tv_nsec);
  return folder_ / (digestText(state).sha256 + kEnding);
}

std::optional<std::string> KnownDigests::find(const std::filesystem::path& file) const {
  const auto place = placeOf(file);
  if (!place) return std::nullopt;
  auto text = readFile(FileSystem::real(), *place, kDigits);
  const auto isDigit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (!text || text->size() != kDigits || !std::ranges::all_of(*text, isDigit)) return std::nullopt;
  return *std::move(text);
}

void KnownDigests::note(const std::filesystem::path& file, const std::string& sha256) const {
  const auto place = placeOf(file);
  auto& files = FileSystem::real();
  // What cannot be written is computed again.
  if (place && files.createFolders(folder_)) static_cast<void>(writeFileAtomically(files, *place, sha256));
}

Expected<FileDigest> KnownDigests::of(const std::filesystem::path& file,
                                      const std::function<bool(double)>& goOn) const {
  const auto before = placeOf(file);
  const auto status = statusOf(file);
  if (auto known = find(file)) return FileDigest{*std::move(known), static_cast<std::uint64_t>(status->st_size)};
  ROSA_TRY(auto digest, digestFile(FileSystem::real(), file, goOn));
  if (before && before == placeOf(file) && !changedJustNow(*status)) note(file, digest.sha256);
  return digest;
}

}  // namespace rosa::base
