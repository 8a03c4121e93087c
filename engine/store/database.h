// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "rosa/expected.h"

/// SQLite as far as the catalogue needs it. Not safe for several threads at once.
namespace rosa::store {

class Database;

/// A prepared statement; values are bound, never written into its text.
class Statement {
 public:
  /// Places count from 1. Starts the statement anew.
  Statement& bind(int place, std::string_view text);
  Statement& bind(int place, std::int64_t number);
  Statement& bindBytes(int place, std::string_view bytes);
  /// True if there is a row, false at the end.
  [[nodiscard]] Expected<bool> step();
  /// Runs it to its end and makes it ready for the next values.
  [[nodiscard]] Status run();
  /// Columns count from 0.
  [[nodiscard]] std::string text(int column) const;
  /// Until the next step.
  [[nodiscard]] std::string_view bytes(int column) const;
  [[nodiscard]] std::int64_t number(int column) const;

 private:
  friend class Database;
  struct Finalise {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  Statement(const Database& database, sqlite3_stmt* statement) : database_(&database), statement_(statement) {}

  const Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalise> statement_;
};

/// One connection, with a rollback journal. Waits up to 5 s for other processes. Must outlive its statements and stay
/// where it is.
class Database {
 public:
  [[nodiscard]] static Expected<std::unique_ptr<Database>> open(const std::filesystem::path& path);

  /// SQL without values, several statements if need be.
  [[nodiscard]] Status execute(const char* sql);
  [[nodiscard]] Expected<Statement> prepare(const char* sql);
  /// Gives up what was begun and keeps the last error in mind.
  void rollBack();
  /// For one whose content is wrong though SQLite can read it: it counts as unusable from now on.
  [[nodiscard]] Error reject();
  /// True if the last error says that the file is damaged, no database, or has other tables.
  [[nodiscard]] bool unusable() const { return unusable_; }

 private:
  friend class Statement;
  struct Close {
    void operator()(sqlite3* connection) const { sqlite3_close(connection); }
  };
  explicit Database(std::filesystem::path path) : path_(std::move(path)) {}
  [[nodiscard]] Error failure(int code) const;

  std::filesystem::path path_;
  std::unique_ptr<sqlite3, Close> connection_;
  mutable bool unusable_ = false;
};

}  // namespace rosa::store
