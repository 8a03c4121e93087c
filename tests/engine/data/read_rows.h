// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/row_reader.h"

namespace rosa::data {

struct ReadFile {
  std::vector<std::string> columns;
  std::vector<Row> rows;
  std::string error;  ///< the sentence reading ended with; empty if it reached the end

  [[nodiscard]] std::vector<std::vector<std::string>> texts() const {
    std::vector<std::vector<std::string>> result;
    for (const Row& row : rows) {
      auto& line = result.emplace_back();
      for (const Cell& cell : row.cells) line.push_back(cell.text);
    }
    return result;
  }
};

inline ReadFile readAll(const std::filesystem::path& path, const RowOptions& options = {}) {
  ReadFile file;
  auto reader = openRows(path, options);
  if (!reader) {
    file.error = reader.error().message;
    return file;
  }
  for (Row row;;) {
    const auto found = (*reader)->next(row);
    if (!found) file.error = found.error().message;
    if (!found || !*found) break;
    file.rows.push_back(row);
  }
  file.columns = (*reader)->columns();
  return file;
}

}  // namespace rosa::data
