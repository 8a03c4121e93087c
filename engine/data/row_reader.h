// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rosa/config.h"
#include "rosa/expected.h"

/// Table files (CSV, TSV, JSON Lines, JSON, Parquet) read one row at a time: memory is bounded by the largest row,
/// whatever the file.
///
/// A reader is owned and used by one thread. Every mistake in a file ends the reading with a sentence that names the
/// file, the line and the remedy.
namespace rosa::data {

enum class FileFormat { Csv, Tsv, JsonLines, Json, Parquet, Text };

/// By the name's ending: .csv, .tsv, .jsonl (or .ndjson), .json, .parquet, .txt. Of a folder or a name with *, that of
/// the files which it stands for (data/shards.h).
[[nodiscard]] Expected<FileFormat> fileFormat(const std::filesystem::path& path);
/// "CSV", "TSV", "JSONL", "JSON", "Parquet" or "text".
[[nodiscard]] std::string_view formatName(FileFormat format);
/// Whether the rows say themselves what their columns are called, so that there is no header to look for.
[[nodiscard]] bool namesItsColumns(FileFormat format);

struct Cell {
  enum class Kind {
    Missing,  ///< JSON null, or a key that this line does not have
    Text,     ///< a string, or a number or truth value as it is written
    Nested,   ///< a JSON array or object, as compact JSON
  };
  Kind kind = Kind::Missing;
  std::string text;
};

struct Row {
  std::int64_t number = 0;  ///< from 1, the header not counted
  std::int64_t line = 0;    ///< line of the file on which the row begins, from 1; of Parquet, the row in the file
  std::vector<Cell> cells;  ///< in the order of columns(); may be shorter, then the rest is missing
};

class RowReader {
 public:
  virtual ~RowReader() = default;

  /// The header's names; "1", "2", ... in a file without header; in JSON Lines all keys seen so far.
  [[nodiscard]] virtual const std::vector<std::string>& columns() const = 0;

  /// Reads the next row into `row`, whose storage is reused. False at the end of the file.
  [[nodiscard]] virtual Expected<bool> next(Row& row) = 0;

  /// How much was read, 0 to 1, by bytes or rows.
  [[nodiscard]] virtual double share() const = 0;

  /// Only these columns' cells will be looked at: others may stay missing. Before the first row is read.
  virtual void want(std::span<const std::size_t> /*columns*/) {}

  /// The file that the last row stands in, where several are read as one; empty where there is but one.
  [[nodiscard]] virtual const std::filesystem::path& file() const;
};

struct RowOptions {
  bool header = true;             ///< CSV and TSV: the first row holds the names
  std::optional<char> delimiter;  ///< CSV and TSV; unset = tab for TSV, guessed from the first row for CSV
  std::optional<bool> quotes;  ///< whether quotation marks enclose fields (RFC 4180); unset = `readsQuotes`' automatic
};

/// Whether quotation marks enclose the fields of a file: as asked for, or yes for CSV and no for TSV, unless a TSV file
/// is plainly written with them (DelimitedReader::writtenWithQuotes). False for all others.
[[nodiscard]] Expected<bool> readsQuotes(const std::filesystem::path& path, Reading quotes);

/// Opens a table file, or several that one path stands for (data/shards.h); for CSV and TSV this reads the header.
[[nodiscard]] Expected<std::unique_ptr<RowReader>> openRows(const std::filesystem::path& path,
                                                            const RowOptions& options = {});

/// A file with more columns than this is refused.
inline constexpr std::size_t kMostColumns = 4096;
/// A longer row is refused: a quotation mark that is never closed would otherwise swallow the file.
inline constexpr std::size_t kLongestRowBytes = std::size_t{16} << 20U;

}  // namespace rosa::data
