// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/row_reader.h"
#include "rosa/expected.h"
#include "rosa/inspect.h"

/// Which columns of a table a task reads.
namespace rosa::data {

/// One thing a task needs from each row.
struct ColumnRole {
  std::string_view flag;  ///< the setting that names it, e.g. "--text"
  std::string given;      ///< as set: a column's name, or its number from 1 in a file without header; empty = the usual
  std::string_view usual;
  bool onlyColumnWillDo = false;  ///< where neither is there, a file's only column is taken
  bool lists = false;             ///< may hold lists, which come as compact JSON
};

/// True when the roles name columns by number alone, which says that the file has no header unless it is told.
[[nodiscard]] bool namedByNumber(std::span<const ColumnRole> roles);

/// The columns' names, with "Unnamed: 0" (as pandas has it) and so on for those that have none.
[[nodiscard]] std::vector<std::string> shownNames(std::vector<std::string> columns);

/// The place of each role's column: by its name, or in a file with `header` also by its number from 1. A column that
/// does not exist is an error that lists those that do and names the nearest.
[[nodiscard]] Expected<std::vector<std::size_t>> findColumns(const std::filesystem::path& file,
                                                             std::span<const std::string> columns,
                                                             std::span<const ColumnRole> roles, bool header);

/// A table of which only the roles' columns are looked at.
class ColumnReader {
 public:
  /// Where columns are named by number and `reading` does not say whether there is a header, a first row that looks
  /// like one is an error that names both readings.
  [[nodiscard]] static Expected<ColumnReader> open(const std::filesystem::path& file, std::vector<ColumnRole> roles,
                                                   const TableReading& reading = {});

  /// Reads the next row's texts, in the order of the roles; false at the end. A missing value, a list or an object in a
  /// column that is needed is an error with its line.
  [[nodiscard]] Expected<bool> next(std::vector<std::string>& texts);

  /// The file of the last row: one of several, where the path stands for them.
  [[nodiscard]] const std::filesystem::path& file() const { return reader_->file().empty() ? file_ : reader_->file(); }
  /// Line of that file on which the last row began.
  [[nodiscard]] std::int64_t line() const { return row_.line; }
  /// How much was read, 0 to 1.
  [[nodiscard]] double share() const { return reader_->share(); }

 private:
  ColumnReader(std::filesystem::path file, std::unique_ptr<RowReader> reader, std::vector<ColumnRole> roles)
      : file_(std::move(file)), reader_(std::move(reader)), roles_(std::move(roles)) {}

  std::filesystem::path file_;
  std::unique_ptr<RowReader> reader_;
  std::vector<ColumnRole> roles_;
  std::vector<std::size_t> places_;
  bool byNumber_ = false;  ///< beside by name
  Row row_;
};

}  // namespace rosa::data
