// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rosa/catalogue.h"
#include "rosa/expected.h"
#include "store/database.h"
#include "store/run_folder.h"

/// The catalogue's memory: the records as they were last read, each with the state its files had then.
namespace rosa::store {

/// Two that are equal mean that nothing was written to the file in between.
struct FileStamp {
  std::int64_t bytes = 0;
  std::int64_t modifiedNanoseconds = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;

  /// Zero for a file that does not exist.
  [[nodiscard]] static FileStamp of(const std::filesystem::path& path);
};

/// What a run's record is read from, as far as it changes.
struct RunStamp {
  FileStamp events, notes;
  friend bool operator==(const RunStamp&, const RunStamp&) = default;

  [[nodiscard]] static RunStamp of(const RunFolder& folder);
};

struct IndexEntry {
  RunRecord record;
  RunStamp stamp;
};

/// On SQLite; used by one thread at a time. A database that turns out to be unusable is replaced by an empty one.
class RunIndex {
 public:
  [[nodiscard]] static Expected<RunIndex> open(std::filesystem::path file);

  /// By directory. Entries that another version wrote are left out.
  [[nodiscard]] Expected<std::unordered_map<std::string, IndexEntry>> entries();
  /// All or none.
  [[nodiscard]] Status update(const std::vector<IndexEntry>& changed, const std::vector<std::filesystem::path>& gone);
  /// Calls `act` while no other process does the same.
  template <typename Act>
  [[nodiscard]] Status exclusively(const Act& act) {
    return repairing([&] { return inTransaction(act); });
  }

 private:
  explicit RunIndex(std::filesystem::path file) : file_(std::move(file)) {}

  [[nodiscard]] Status connect();
  [[nodiscard]] Status replace();
  template <typename Act>
  [[nodiscard]] Status inTransaction(const Act& act) {
    ROSA_CHECK(database_->execute("BEGIN IMMEDIATE"));
    Status done = act();
    if (done) done = database_->execute("COMMIT");
    if (!done) database_->rollBack();
    return done;
  }
  /// A second time on an empty database if the one there is unusable.
  template <typename Act>
  [[nodiscard]] Status repairing(const Act& act) {
    Status done = act();
    if (done || !database_->unusable()) return done;
    ROSA_CHECK(replace());
    return act();
  }

  std::filesystem::path file_;
  std::unique_ptr<Database> database_;
  std::optional<Statement> select_, put_, remove_;
};

}  // namespace rosa::store
