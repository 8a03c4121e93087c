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

/// JSON Lines: one RFC 8259 object a line, blank lines skipped. Stricter than most readers: a repeated key, NaN, a
/// number that no double holds, a lone surrogate, invalid UTF-8 and nesting deeper than 256 are mistakes. Numbers keep
/// the digits they are written with as far as JSON's value goes; lists and objects become cells of kind Nested.
class JsonLinesReader final : public RowReader {
 public:
  static constexpr std::size_t kDeepestNesting = 256;

  [[nodiscard]] static Expected<std::unique_ptr<RowReader>> open(const std::filesystem::path& path);

  [[nodiscard]] const std::vector<std::string>& columns() const override { return columns_; }
  [[nodiscard]] Expected<bool> next(Row& row) override;

 private:
  JsonLinesReader(std::filesystem::path path, LineReader lines) : path_(std::move(path)), lines_(std::move(lines)) {}

  [[nodiscard]] Status parseLine(Row& row);

  std::filesystem::path path_;
  LineReader lines_;
  std::vector<std::string> columns_;
  std::unordered_map<std::string, std::size_t> columnOf_;
  std::vector<std::int64_t> lastLine_;  ///< on which each column occurred, to find a key given twice
  std::string text_;                    ///< of the line at hand
  std::int64_t rows_ = 0;
};

}  // namespace rosa::data
