// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/catalogue.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <system_error>
#include <tuple>
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
    for (const fs::path& path : folders) {
      const RunFolder folder{path};
      auto entry = known.extract(path);
      // Taken before the events are read: what is written meanwhile is then read the next time.
      const FileStamp stamp = FileStamp::of(folder.eventsFile());
      if (!entry.empty() && isCurrent(entry.mapped(), stamp, folder)) {
        records.push_back(std::move(entry.mapped().record));
        continue;
      }
      auto record = readRunRecord(folder);
      records.push_back(record ? *record : unreadable(folder, record.error()));
      if (record) changed.push_back({*std::move(record), stamp});
    }
    std::vector<fs::path> gone;
    for (const auto& [path, entry] : known) gone.push_back(path);
    // Without it the list is as right, only slower the next time: a full disk must not hide the runs on it.
    static_cast<void>(memory_.update(changed, gone));
    const auto waiting = waitingRuns(runs_.parent_path());
    for (auto& record : records) {
      const bool waits = std::ranges::find(waiting, record.directory) != waiting.end();
      if (waits && record.status != "running") record.status = "queued";
    }
    std::ranges::sort(records, [](const RunRecord& a, const RunRecord& b) {
      return std::tie(a.startedAt, a.directory) > std::tie(b.startedAt, b.directory);
    });
    return records;
  }

 private:
  /// A run that goes on says so in its events at once, so that the lock of one that has ended need not be looked at.
  static bool isCurrent(const IndexEntry& entry, const FileStamp& stamp, const RunFolder& folder) {
    const auto& status = entry.record.status;
    return entry.stamp == stamp && status != "running" && !(status == "interrupted" && isLocked(folder));
  }

  Expected<std::set<fs::path>> runFolders() const {
    std::set<fs::path> found;
    const auto addIfRun = [&found](const fs::path& path) {
      if (openRunFolder(path)) found.insert(path);
    };
    std::error_code code;
    for (fs::directory_iterator it(runs_, code), end; !code && it != end; it.increment(code)) {
      if (!base::isTemporary(it->path())) addIfRun(it->path());
    }
    if (code && code != std::errc::no_such_file_or_directory) return base::fileError("read", runs_, code.value());
    ROSA_TRY(const auto others, elsewhere_.list());
    std::ranges::for_each(others, addIfRun);
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
