// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/checkpoint_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/atomic_write.h"
#include "base/text.h"
#include "checkpoint/manifest.h"

namespace rosa::checkpoint {
namespace {

namespace fs = std::filesystem;

std::string nameOf(std::int64_t step) {
  return fmt::format("step-{:06}", step);
}

std::optional<std::int64_t> stepOf(const std::string& name) {
  constexpr std::string_view kPrefix = "step-";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  std::int64_t step = 0;
  const char* end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data() + kPrefix.size(), end, step);
  // Only the one spelling that is written counts.
  if (parsed.ec != std::errc() || parsed.ptr != end || step < 0 || name != nameOf(step)) return std::nullopt;
  return step;
}

Status removeLeftovers(base::FileSystem& files, const fs::path& checkpoints) {
  std::error_code code;
  std::vector<fs::path> leftovers;
  for (fs::directory_iterator it(checkpoints, code), end; !code && it != end; it.increment(code)) {
    if (base::isTemporary(it->path())) leftovers.push_back(it->path());
  }
  for (const auto& leftover : leftovers) ROSA_CHECK(files.remove(leftover));
  return {};
}

}  // namespace

fs::path checkpointPath(const fs::path& checkpoints, std::int64_t step) {
  return checkpoints / nameOf(step);
}

std::vector<Checkpoint> listCheckpoints(const fs::path& checkpoints) {
  std::vector<Checkpoint> found;
  std::error_code code;
  for (fs::directory_iterator it(checkpoints, code), end; !code && it != end; it.increment(code)) {
    if (const auto step = stepOf(it->path().filename().string())) found.push_back({it->path(), *step});
  }
  std::ranges::sort(found, {}, &Checkpoint::step);
  return found;
}

Expected<VerifiedCheckpoint> newestVerified(base::FileSystem& files, const fs::path& checkpoints) {
  auto candidates = listCheckpoints(checkpoints);
  if (candidates.empty()) {
    return Error{
        fmt::format("{} holds no checkpoint yet. Start the run again.", base::printable(checkpoints.native()))};
  }
  std::ranges::reverse(candidates);
  std::vector<std::string> problems;
  for (auto& candidate : candidates) {
    if (auto verified = verifyCheckpoint(files, candidate.folder); !verified) {
      problems.push_back(std::move(verified).error().message);
    } else {
      return VerifiedCheckpoint{std::move(candidate), std::move(problems)};
    }
  }
  return Error{fmt::format("None of the checkpoints in {} is usable:\n{}", base::printable(checkpoints.native()),
                           fmt::join(problems, "\n"))};
}

Status pruneCheckpoints(base::FileSystem& files, const fs::path& checkpoints, const Retention& retention) {
  ROSA_CHECK(removeLeftovers(files, checkpoints));
  auto candidates = listCheckpoints(checkpoints);
  std::ranges::reverse(candidates);
  std::int64_t kept = 0;
  for (const auto& candidate : candidates) {
    const bool recent = candidate.step <= retention.newest && kept < std::max<std::int64_t>(retention.keep, 1);
    if (recent) ++kept;
    const bool best = std::ranges::find(retention.best, candidate.step) != retention.best.end();
    if (recent || best) continue;
    ROSA_CHECK(base::removeFolder(files, candidate.folder));
  }
  return {};
}

}  // namespace rosa::checkpoint
