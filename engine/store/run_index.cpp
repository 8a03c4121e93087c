// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/run_index.h"

#include <sys/stat.h>

#include <utility>

#include "base/file.h"
#include "store/record_bytes.h"

namespace rosa::store {
namespace {

namespace fs = std::filesystem;

/// Counts up when the table or the record's bytes change.
constexpr std::int64_t kVersion = 3;

constexpr const char* kCreate = R"(
  CREATE TABLE IF NOT EXISTS runs (
    directory TEXT PRIMARY KEY NOT NULL,
    event_bytes INTEGER NOT NULL,
    event_nanoseconds INTEGER NOT NULL,
    note_bytes INTEGER NOT NULL,
    note_nanoseconds INTEGER NOT NULL,
    record BLOB NOT NULL
  );
  PRAGMA user_version = 3;)";

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

RunStamp RunStamp::of(const RunFolder& folder) {
  return {FileStamp::of(folder.eventsFile()), FileStamp::of(folder.notesFile())};
}

Expected<RunIndex> RunIndex::open(fs::path file) {
  RunIndex index(std::move(file));
  const Status connected = index.connect();
  if (connected) return index;
  if (index.database_ == nullptr || !index.database_->unusable()) return connected.error();
  ROSA_CHECK(index.replace());
  return index;
}

Status RunIndex::replace() {
  select_.reset();
  put_.reset();
  remove_.reset();
  database_.reset();
  // The journal of a database must never be played back into another one, so it goes first.
  ROSA_CHECK(base::FileSystem::real().remove(file_.native() + "-journal"));
  ROSA_CHECK(base::FileSystem::real().remove(file_));
  return connect();
}

Status RunIndex::connect() {
  select_.reset();
  put_.reset();
  remove_.reset();
  ROSA_TRY(database_, Database::open(file_));
  // No write-ahead log: SQLite 3.40 can damage a database when two connections reset the log at once.
  ROSA_CHECK(database_->execute("PRAGMA journal_mode = DELETE; PRAGMA synchronous = NORMAL;"));
  // Whether its pages are sound shows when they are read, all of them, at the first list.
  ROSA_TRY(const std::int64_t version, versionOf(*database_));
  const bool isNew = version == 0;
  if (!isNew && version != kVersion) return database_->reject();
  if (isNew) {
    ROSA_CHECK(inTransaction([this] { return database_->execute(kCreate); }));
  }
  ROSA_TRY(select_,
           database_->prepare(
               "SELECT directory, event_bytes, event_nanoseconds, note_bytes, note_nanoseconds, record FROM runs"));
  ROSA_TRY(put_, database_->prepare("INSERT OR REPLACE INTO runs VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
  ROSA_TRY(remove_, database_->prepare("DELETE FROM runs WHERE directory = ?1"));
  return {};
}

Expected<std::unordered_map<std::string, IndexEntry>> RunIndex::entries() {
  std::unordered_map<std::string, IndexEntry> found;
  ROSA_CHECK(repairing([&]() -> Status {
    found.clear();
    for (;;) {
      ROSA_TRY(const bool row, select_->step());
      if (!row) return {};
      auto record = recordFromBytes(select_->bytes(5));
      if (!record) continue;
      std::string directory = select_->text(0);
      record->directory = directory;
      const FileStamp events{select_->number(1), select_->number(2)};
      const FileStamp notes{select_->number(3), select_->number(4)};
      found.emplace(std::move(directory), IndexEntry{*std::move(record), {events, notes}});
    }
  }));
  return found;
}

Status RunIndex::update(const std::vector<IndexEntry>& changed, const std::vector<fs::path>& gone) {
  if (changed.empty() && gone.empty()) return {};
  return exclusively([&]() -> Status {
    for (const auto& [record, stamp] : changed) {
      put_->bind(1, record.directory.native());
      put_->bind(2, stamp.events.bytes).bind(3, stamp.events.modifiedNanoseconds);
      put_->bind(4, stamp.notes.bytes).bind(5, stamp.notes.modifiedNanoseconds);
      put_->bindBytes(6, recordToBytes(record));
      ROSA_CHECK(put_->run());
    }
    for (const fs::path& directory : gone) {
      ROSA_CHECK(remove_->bind(1, directory.native()).run());
    }
    return {};
  });
}

}  // namespace rosa::store
