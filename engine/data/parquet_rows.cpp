// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/parquet_rows.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/text.h"

namespace rosa::data {
namespace {

using base::Json;

/// Puts text, or their size, in the place of bytes, at any depth.
void replaceBytes(Json& value) {
  if (value.is_structured()) {
    for (Json& part : value) replaceBytes(part);
  }
  if (!value.is_binary()) return;
  const auto& bytes = value.get_binary();
  std::string text(bytes.begin(), bytes.end());
  if (base::isUtf8(text)) {
    value = std::move(text);
  } else {
    value = Json{{"bytes", text.size()}};
  }
}

void setCell(Cell& cell, Json value) {
  replaceBytes(value);
  cell.kind = Cell::Kind::Text;
  if (value.is_string()) {
    cell.text = std::move(value.get_ref<std::string&>());
  } else if (value.is_null()) {
    cell.kind = Cell::Kind::Missing;
    cell.text.clear();
  } else {
    if (value.is_structured()) cell.kind = Cell::Kind::Nested;
    // JSON has no word for what is no number, or infinite.
    const bool odd = value.is_number_float() && value.dump() == "null";
    cell.text = odd ? fmt::format("{}", value.get<double>()) : value.dump();
  }
}

}  // namespace

Expected<std::unique_ptr<RowReader>> ParquetRows::open(const std::filesystem::path& path) {
  ROSA_TRY(auto file, parquet::ParquetFile::open(path));
  if (file.columns().empty()) return Error{fmt::format("{} has no columns.", base::printable(path.native()))};
  if (file.columns().size() > kMostColumns) {
    return Error{
        fmt::format("{} has more than {} columns: leave out columns.", base::printable(path.native()), kMostColumns)};
  }
  return std::unique_ptr<RowReader>(new ParquetRows(std::move(file)));
}

Expected<bool> ParquetRows::next(Row& row) {
  ROSA_TRY(const bool found, file_.next(values_));
  if (!found) return false;
  row.number = ++rows_;
  row.line = rows_;
  row.cells.resize(values_.size());
  for (std::size_t i = 0; i < values_.size(); ++i) setCell(row.cells[i], std::move(values_[i]));
  return true;
}

}  // namespace rosa::data
