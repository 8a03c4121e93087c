// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/run_index.h"

#include <sys/stat.h>

#include <utility>

#include "base/file.h"
#include "store/record_json.h"

namespace rosa::store {
namespace {

namespace fs = std::filesystem;

/// Counts up when the table or the record's JSON changes.
constexpr std::int64_t kVersion = 1;

constexpr const char* kCreate = R"(
  CREATE TABLE IF NOT EXISTS runs (
    directory TEXT PRIMARY KEY NOT NULL,
    event_bytes INTEGER NOT NULL,
    event_nanoseconds INTEGER NOT NULL,
    record TEXT NOT NULL
  ) WITHOUT ROWID;
  PRAGMA user_version = 1;)";

/// The whole file, page by page: lists of runs are small.
Expected<bool> isSound(Database& database) {
  ROSA_TRY(Statement check, database.prepare("PRAGMA quick_check(1)"));
  ROSA_TRY(const bool row, check.step());
  return row && check.text(0) == "ok";
}

Expected<std::int64_t> versionOf(Database& database) {
  ROSA_TRY(Statement query, database.prepare("PRAGMA user_version"));
  ROSA_TRY(const bool row, query.step());
  return row ? query.number(0) : std::int64_t{0};
}

}  // namespace

FileStamp FileStamp::of(const fs::path& path) {
  constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {status.st_size, status.st_mtim.tv_sec * kNanosecondsPerSecond + status.st_mtim.tv_nsec};
}

Expected<RunIndex> RunIndex::open(fs::path file) {
  RunIndex index(std::move(file));
  ROSA_CHECK(index.connectOrReplace());
  return index;
}

Status RunIndex::connectOrReplace() {
  const Status connected = connect();
  if (connected || database_ == nullptr || !database_->unusable()) return connected;
  ROSA_CHECK(removeFiles());
  return connect();
}

Status RunIndex::removeFiles() {
  select_.reset();
  put_.reset();
  remove_.reset();
  database_.reset();
  // The journal of a database must never be played back into another one, so it goes first.
  ROSA_CHECK(base::FileSystem::real().remove(file_.native() + "-journal"));
  return base::FileSystem::real().remove(file_);
}

Status RunIndex::connect() {
  select_.reset();
  put_.reset();
  remove_.reset();
  ROSA_TRY(database_, Database::open(file_));
  // No write-ahead log: SQLite 3.40 can damage a database when two connections reset the log at once.
  ROSA_CHECK(database_->execute("PRAGMA journal_mode = DELETE; PRAGMA synchronous = NORMAL;"));
  ROSA_TRY(const bool sound, isSound(*database_));
  ROSA_TRY(const std::int64_t version, versionOf(*database_));
  const bool isNew = version == 0;
  if (!sound || (!isNew && version != kVersion)) return database_->reject();
  if (isNew) {
    ROSA_CHECK(inTransaction([this] { return database_->execute(kCreate); }));
  }
  ROSA_TRY(select_, database_->prepare("SELECT directory, event_bytes, event_nanoseconds, record FROM runs"));
  ROSA_TRY(put_, database_->prepare("INSERT OR REPLACE INTO runs VALUES (?1, ?2, ?3, ?4)"));
  ROSA_TRY(remove_, database_->prepare("DELETE FROM runs WHERE directory = ?1"));
  return {};
}

Expected<std::map<fs::path, IndexEntry>> RunIndex::entries() {
  std::map<fs::path, IndexEntry> found;
  ROSA_CHECK(repairing([&]() -> Status {
    found.clear();
    for (;;) {
      ROSA_TRY(const bool row, select_->step());
      if (!row) return {};
      auto record = recordFromJson(select_->text(3));
      if (!record) continue;
      record->directory = select_->text(0);
      IndexEntry entry{*std::move(record), {select_->number(1), select_->number(2)}};
      found.emplace(entry.record.directory, std::move(entry));
    }
  }));
  return found;
}

Status RunIndex::update(const std::vector<IndexEntry>& changed, const std::vector<fs::path>& gone) {
  if (changed.empty() && gone.empty()) return {};
  return exclusively([&]() -> Status {
    for (const auto& [record, stamp] : changed) {
      put_->bind(1, record.directory.native()).bind(2, stamp.bytes).bind(3, stamp.modifiedNanoseconds);
      put_->bind(4, recordToJson(record));
      ROSA_CHECK(put_->run());
    }
    for (const fs::path& directory : gone) {
      ROSA_CHECK(remove_->bind(1, directory.native()).run());
    }
    return {};
  });
}

}  // namespace rosa::store
