// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <system_error>

#include "base/atomic_write.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "config/mix.h"
#include "rosa/engine.h"
#include "store/absolute_path.h"

namespace rosa::store {
namespace {

namespace fs = std::filesystem;

/// Lower-case letters and digits with single hyphens between: what every file system and shell takes as it is.
std::string slugOf(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  std::string slug;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte < 0x80 && std::isalnum(byte) != 0) {
      slug += static_cast<char>(std::tolower(byte));
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
  }
  slug.resize(std::min(slug.size(), kLongest));
  while (slug.ends_with('-')) slug.pop_back();
  return slug;
}

std::string slugOf(const RunConfig& config) {
  std::string slug = slugOf(config.name);
  if (slug.empty()) {
    slug = slugOf(absolutePath(config.model).filename().string() + "-" + absolutePath(config.data).stem().string());
  }
  return slug.empty() ? "run" : slug;
}

/// The n-th choice, from 1: "2025-03-14-name", "2025-03-14-name-2", ...
fs::path numbered(const fs::path& first, int n) {
  return n == 1 ? first : fs::path(first.string() + "-" + std::to_string(n));
}

fs::path firstChoice(const RunConfig& config) {
  constexpr std::size_t kDateLength = 10;
  const std::string today = base::formatUtc(base::Clock::real().now()).substr(0, kDateLength);
  return rosaHome() / "runs" / (today + "-" + slugOf(config));
}

Status claimGiven(const fs::path& path) {
  std::error_code code;
  const fs::file_status status = fs::symlink_status(path, code);
  if (fs::exists(status)) {
    const bool empty = fs::is_directory(path, code) && fs::is_empty(path, code);
    if (code) return base::fileError("read", path, code.value());
    if (!empty) return folderTaken(path);
  }
  return base::FileSystem::real().createFolders(path);
}

Expected<fs::path> claimNumbered(const fs::path& first) {
  ROSA_CHECK(base::FileSystem::real().createFolders(first.parent_path()));
  for (int n = 1;; ++n) {
    const fs::path path = numbered(first, n);
    std::error_code code;
    // Making a folder is the claim: of two processes only one succeeds.
    if (fs::create_directory(path, code)) return path;
    if (code && code != std::errc::file_exists) return base::fileError("create", path, code.value());
  }
}

/// A run is resumed and repeated from other folders than the one it was started in.
RunConfig withAbsolutePaths(RunConfig config) {
  for (fs::path* path : {&config.model, &config.data, &config.out}) {
    if (!path->empty()) *path = absolutePath(*path);
  }
  if (config.valid) config.valid = absolutePath(*config.valid);
  for (auto& entry : config.mix) entry = config::withMixPath(entry, absolutePath);
  return config;
}

}  // namespace

Error folderTaken(const fs::path& path) {
  const auto shown = base::printable(path.native());
  std::error_code code;
  if (!fs::is_directory(path, code)) {
    return Error{fmt::format("{} exists already and is not a folder. Choose another --out.", shown)};
  }
  if (fs::exists(RunFolder{path}.configFile(), code)) {
    return Error{fmt::format("{} exists already and holds a run. Choose another --out, or continue it: rosa resume {}",
                             shown, shown)};
  }
  return Error{fmt::format("{} exists already and is not empty. Choose another --out, or an empty folder.", shown)};
}

Expected<RunFolder> createRunFolder(const RunConfig& config) {
  RunFolder folder;
  if (config.out.empty()) {
    ROSA_TRY(folder.path, claimNumbered(firstChoice(config)));
  } else {
    folder.path = absolutePath(config.out);
    ROSA_CHECK(claimGiven(folder.path));
  }
  if (const auto written = writeRunConfig(folder, config); !written) {
    // Only if it is empty, and without a word: the reason why nothing could be written is the one to tell.
    std::error_code ignored;
    fs::remove(folder.path, ignored);
    return written.error();
  }
  ROSA_CHECK(base::FileSystem::real().sync(folder.path.parent_path()));
  return folder;
}

Status writeRunConfig(const RunFolder& folder, const RunConfig& config) {
  return base::writeFileAtomically(base::FileSystem::real(), folder.configFile(),
                                   formatConfig(withAbsolutePaths(config)));
}

Expected<RunFolder> openRunFolder(const fs::path& path) {
  RunFolder folder{absolutePath(path)};
  std::error_code code;
  if (!fs::is_directory(folder.path, code)) {
    return Error{fmt::format("{} is not a folder. Name the folder of a run.", base::printable(folder.path.native()))};
  }
  if (!fs::is_regular_file(folder.configFile(), code)) {
    return Error{fmt::format("{} has no config.yaml, so it is not the folder of a run. Name another folder.",
                             base::printable(folder.path.native()))};
  }
  return folder;
}

fs::path plannedRunFolder(const RunConfig& config) {
  if (!config.out.empty()) return absolutePath(config.out);
  const fs::path first = firstChoice(config);
  std::error_code code;
  int n = 1;
  while (fs::exists(fs::symlink_status(numbered(first, n), code))) ++n;
  return numbered(first, n);
}

}  // namespace rosa::store
