// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/database.h"

#include <fmt/format.h>

#include "base/text.h"

namespace rosa::store {

Statement& Statement::bind(int place, std::string_view text) {
  // What can go wrong here, a place that does not exist or no memory, shows up in step.
  sqlite3_reset(statement_.get());
  sqlite3_bind_text64(statement_.get(), place, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(int place, std::int64_t number) {
  sqlite3_reset(statement_.get());
  sqlite3_bind_int64(statement_.get(), place, number);
  return *this;
}

Statement& Statement::bindBytes(int place, std::string_view bytes) {
  sqlite3_reset(statement_.get());
  sqlite3_bind_blob64(statement_.get(), place, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
  return *this;
}

Expected<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  sqlite3_reset(statement_.get());
  if (code == SQLITE_DONE) return false;
  return database_->failure(code);
}

Status Statement::run() {
  for (;;) {
    ROSA_TRY(const bool row, step());
    if (!row) return {};
  }
}

std::string Statement::text(int column) const {
  return std::string(bytes(column));
}

std::string_view Statement::bytes(int column) const {
  const auto* start = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  if (start == nullptr) return {};
  return {start, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

Expected<std::unique_ptr<Database>> Database::open(const std::filesystem::path& path) {
  constexpr int kBusyMilliseconds = 5000;
  std::unique_ptr<Database> database(new Database(path));
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &connection,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  database->connection_.reset(connection);
  if (code != SQLITE_OK) return database->failure(code);
  sqlite3_busy_timeout(connection, kBusyMilliseconds);
  return database;
}

Status Database::execute(const char* sql) {
  const int code = sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(code);
  return {};
}

Expected<Statement> Database::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return failure(code);
  return Statement(*this, statement);
}

void Database::rollBack() {
  sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Error Database::reject() {
  return failure(SQLITE_CORRUPT);
}

Error Database::failure(int code) const {
  constexpr int kPrimary = 0xff;  // the rest of the number tells details
  const int primary = code & kPrimary;
  // SQLITE_ERROR is what SQL that fits our tables gives on other tables.
  unusable_ = primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_ERROR;
  std::string_view remedy = "Check that the folder can be written to and the disk is not full.";
  if (primary == SQLITE_BUSY) remedy = "Another program holds it; try again when that has ended.";
  return Error{fmt::format("The list of runs in {} cannot be used: {}. {}", base::printable(path_.native()),
                           sqlite3_errstr(code), remedy)};
}

}  // namespace rosa::store
