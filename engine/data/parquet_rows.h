// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "data/parquet/parquet_file.h"
#include "data/row_reader.h"

namespace rosa::data {

/// A Parquet file as a table. A cell holds what the same row in JSON Lines would: lists, structs and maps as compact
/// JSON of kind Nested. Bytes that nothing calls text are taken for text where they are UTF-8; otherwise {"bytes":
/// SIZE} stands for them. A row's line is its number.
class ParquetRows final : public RowReader {
 public:
  [[nodiscard]] static Expected<std::unique_ptr<RowReader>> open(const std::filesystem::path& path);

  [[nodiscard]] const std::vector<std::string>& columns() const override { return file_.columns(); }
  [[nodiscard]] Expected<bool> next(Row& row) override;
  [[nodiscard]] double share() const override {
    return file_.rows() == 0 ? 1 : static_cast<double>(rows_) / static_cast<double>(file_.rows());
  }
  void want(std::span<const std::size_t> columns) override { file_.select(columns); }

 private:
  explicit ParquetRows(parquet::ParquetFile file) : file_(std::move(file)) {}

  parquet::ParquetFile file_;
  std::vector<base::Json> values_;
  std::int64_t rows_ = 0;
};

}  // namespace rosa::data
