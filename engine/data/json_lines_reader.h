// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/row_reader.h"
#include "data/text_source.h"

namespace rosa::data {

/// Rows from RFC 8259 objects, whose keys become columns as they come. Stricter than most readers: a repeated key, NaN,
/// a number that no double holds, a lone surrogate, invalid UTF-8 and nesting deeper than 256 are mistakes. Numbers
/// keep the digits they are written with as far as JSON's value goes; lists and objects become cells of kind Nested.
class JsonRowParser {
 public:
  static constexpr std::size_t kDeepestNesting = 256;

  explicit JsonRowParser(std::filesystem::path path) : path_(std::move(path)) {}

  /// All keys so far.
  [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }
  /// Fills the row's cells from one object; its number and line say which row it is.
  [[nodiscard]] Status parse(std::string_view object, Row& row);

 private:
  std::filesystem::path path_;
  std::vector<std::string> columns_;
  std::unordered_map<std::string, std::size_t> columnOf_;
  std::vector<std::int64_t> lastRow_;  ///< in which each column occurred, to find a key given twice
};

/// JSON Lines: one object a line, blank lines skipped.
class JsonLinesReader final : public RowReader {
 public:
  static constexpr std::size_t kDeepestNesting = JsonRowParser::kDeepestNesting;

  [[nodiscard]] static Expected<std::unique_ptr<RowReader>> open(const std::filesystem::path& path);

  [[nodiscard]] const std::vector<std::string>& columns() const override { return parser_.columns(); }
  [[nodiscard]] Expected<bool> next(Row& row) override;
  [[nodiscard]] double share() const override { return lines_.source().share(); }

 private:
  JsonLinesReader(const std::filesystem::path& path, LineReader lines) : lines_(std::move(lines)), parser_(path) {}

  LineReader lines_;
  JsonRowParser parser_;
  std::string text_;  ///< of the line at hand
  std::int64_t rows_ = 0;
};

}  // namespace rosa::data
