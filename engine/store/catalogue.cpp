// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/catalogue.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <system_error>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "base/atomic_write.h"
#include "base/file.h"
#include "store/absolute_path.h"
#include "store/run_index.h"
#include "store/run_queue.h"
#include "store/runs_elsewhere.h"

namespace rosa::store {
namespace {

namespace fs = std::filesystem;

RunRecord unreadable(const RunFolder& folder, const Error& reason) {
  RunRecord record;
  record.directory = folder.path;
  record.name = folder.path.filename().string();
  record.status = "failed";
  record.message = reason.message;
  return record;
}

/// Sorts their places: records are large to move about.
std::vector<RunRecord> newestFirst(std::vector<RunRecord> records) {
  std::vector<RunRecord*> order;
  order.reserve(records.size());
  for (RunRecord& record : records) order.push_back(&record);
  std::ranges::sort(order, [](const RunRecord* a, const RunRecord* b) {
    return std::tie(a->startedAt, a->directory.native()) > std::tie(b->startedAt, b->directory.native());
  });
  std::vector<RunRecord> sorted;
  sorted.reserve(records.size());
  for (RunRecord* record : order) sorted.push_back(std::move(*record));
  return sorted;
}

}  // namespace

class Catalogue::Index {
 public:
  Index(const fs::path& home, RunIndex memory)
      : runs_(home / "runs"), elsewhere_(home / "runs-elsewhere.txt"), memory_(std::move(memory)) {}

  Status add(const fs::path& path) {
    if (path.parent_path() == runs_) return {};
    const std::scoped_lock lock(mutex_);
    return memory_.exclusively([&] { return elsewhere_.add(path); });
  }

  Status forget(const fs::path& path) {
    const std::scoped_lock lock(mutex_);
    ROSA_CHECK(memory_.exclusively([&] { return elsewhere_.remove(path); }));
    return memory_.update({}, {path});
  }

  Expected<std::vector<RunRecord>> list() {
    const std::scoped_lock lock(mutex_);
    ROSA_TRY(auto known, memory_.entries());
    ROSA_TRY(const auto folders, runFolders());
    std::vector<RunRecord> records;
    std::vector<IndexEntry> changed;
    records.reserve(folders.size());
    for (const RunFolder& folder : folders) {
      // Taken before the events are read: what is written meanwhile is then read the next time.
      const RunStamp stamp = RunStamp::of(folder);
      if (auto entry = known.extract(folder.path.native());
          !entry.empty() && isCurrent(entry.mapped(), stamp, folder)) {
        records.push_back(std::move(entry.mapped().record));
        continue;
      }
      auto record = readRunRecord(folder);
      records.push_back(record ? *record : unreadable(folder, record.error()));
      if (record) changed.push_back({*std::move(record), stamp});
    }
    std::vector<fs::path> gone;
    for (const auto& [path, entry] : known) gone.emplace_back(path);
    // Without it the list is as right, only slower the next time: a full disk must not hide the runs on it.
    static_cast<void>(memory_.update(changed, gone));
    markWaiting(records);
    return newestFirst(std::move(records));
  }

 private:
  /// A run that goes on says so in its events at once, so that the lock of one that has ended need not be looked at.
  static bool isCurrent(const IndexEntry& entry, const RunStamp& stamp, const RunFolder& folder) {
    const auto& status = entry.record.status;
    return entry.stamp == stamp && status != "running" && !(status == "interrupted" && isLocked(folder));
  }

  void markWaiting(std::vector<RunRecord>& records) const {
    const auto waiting = waitingRuns(runs_.parent_path());
    if (waiting.empty()) return;
    const std::unordered_set<std::string> folders(waiting.begin(), waiting.end());
    for (auto& record : records) {
      if (record.status != "running" && folders.contains(record.directory.native())) record.status = "queued";
    }
  }

  /// Each once. Paths in home/runs are spelled as they should be already.
  Expected<std::vector<RunFolder>> runFolders() const {
    std::vector<RunFolder> found;
    std::error_code code;
    for (fs::directory_iterator it(runs_, code), end; !code && it != end; it.increment(code)) {
      std::error_code ignored;
      RunFolder folder{it->path()};
      if (!base::isTemporary(folder.path) && fs::is_regular_file(folder.configFile(), ignored)) {
        found.push_back(std::move(folder));
      }
    }
    if (code && code != std::errc::no_such_file_or_directory) return base::fileError("read", runs_, code.value());
    ROSA_TRY(const auto others, elsewhere_.list());
    std::unordered_set<std::string> listed;
    for (const fs::path& path : others) {
      const auto folder = openRunFolder(path);
      if (folder && folder->path.parent_path() != runs_ && listed.insert(folder->path.native()).second) {
        found.push_back(*folder);
      }
    }
    return found;
  }

  std::mutex mutex_;
  fs::path runs_;
  RunsElsewhere elsewhere_;
  RunIndex memory_;
};

Catalogue::Catalogue(std::unique_ptr<Index> index) : index_(std::move(index)) {}
Catalogue::Catalogue(Catalogue&&) noexcept = default;
Catalogue& Catalogue::operator=(Catalogue&&) noexcept = default;
Catalogue::~Catalogue() = default;

Expected<Catalogue> Catalogue::open(const fs::path& home) {
  const fs::path place = absolutePath(home);
  ROSA_CHECK(base::FileSystem::real().createFolders(place));
  ROSA_TRY(auto memory, RunIndex::open(place / "catalogue.sqlite"));
  return Catalogue(std::make_unique<Index>(place, std::move(memory)));
}

Status Catalogue::registerRun(const RunFolder& folder) {
  return index_->add(absolutePath(folder.path));
}

Expected<std::vector<RunRecord>> Catalogue::runs() {
  return index_->list();
}

Status Catalogue::forget(const fs::path& path) {
  return index_->forget(absolutePath(path));
}

}  // namespace rosa::store
