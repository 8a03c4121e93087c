// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "data/parquet/column_cursor.h"
#include "data/parquet/metadata.h"
#include "data/parquet/schema.h"
#include "data/parquet/source.h"
#include "rosa/expected.h"

/// Apache Parquet (github.com/apache/parquet-format) read row by row.
///
/// Every encoding, the codecs Snappy, gzip, zstd, LZ4 and Brotli, pages of both versions, lists, structs and maps. The
/// footer and one page of each selected column are in memory, whatever the file; a page's checksum is checked where it
/// has one. Every mistake in a file is a sentence with the file, and where it can be told the column and row group.
namespace rosa::data::parquet {

class ParquetFile {
 public:
  [[nodiscard]] static Expected<ParquetFile> open(const std::filesystem::path& path);
  /// `name` stands for the file in messages.
  [[nodiscard]] static Expected<ParquetFile> open(std::unique_ptr<base::FileReader> file, std::string name);

  /// Of the root's children; what they hold may be nested.
  [[nodiscard]] const std::vector<std::string>& columns() const { return names_; }
  [[nodiscard]] std::int64_t rows() const { return rows_; }

  /// Only these columns are read and checked; at first all are. Before the first row is read.
  void select(std::span<const std::size_t> columns);

  /// Reads the next row: one value a column (see toJson and assemble), null in columns that are not selected. False at
  /// the end of the file.
  [[nodiscard]] Expected<bool> next(std::vector<base::Json>& values);

 private:
  ParquetFile() = default;

  [[nodiscard]] Status readFooter();
  [[nodiscard]] Status checkChunks(std::uint64_t end) const;
  [[nodiscard]] Expected<bool> nextRowGroup();

  std::unique_ptr<Source> source_;
  std::vector<Node> schema_;
  std::vector<const Node*> leaves_;
  std::vector<std::string> names_;
  std::vector<bool> selected_;
  std::vector<RowGroup> rowGroups_;
  std::int64_t rows_ = 0;
  std::size_t rowGroup_ = 0;                            ///< the next one
  std::int64_t rowsLeft_ = 0;                           ///< of the one at hand
  std::vector<std::unique_ptr<ColumnCursor>> cursors_;  ///< one a leaf; null where the column is not selected
};

/// A larger footer is refused.
inline constexpr std::uint64_t kLargestFooterBytes = std::uint64_t{64} << 20U;

}  // namespace rosa::data::parquet
