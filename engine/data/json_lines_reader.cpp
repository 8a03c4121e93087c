// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/json_lines_reader.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/json.h"
#include "base/text.h"

namespace rosa::data {
namespace {

using nlohmann::json;

/// Takes one line apart: hands each value of the root object, as text, to `store`, which returns a complaint or
/// nothing.
template <typename Store>
class LineEvents final : public base::JsonEvents {
 public:
  LineEvents(const std::filesystem::path& path, std::int64_t line, Store store)
      : path_(path), line_(line), store_(std::move(store)) {}

  bool null() override { return scalar(Cell::Kind::Missing, "null"); }
  bool boolean(bool value) override { return scalar(Cell::Kind::Text, value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return scalar(Cell::Kind::Text, std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(Cell::Kind::Text, std::to_string(value)); }
  bool number_float(number_float_t /*value*/, const std::string& text) override {
    return scalar(Cell::Kind::Text, text);
  }
  bool string(std::string& value) override {
    return depth_ > 1 ? nested(json(std::move(value)).dump()) : scalar(Cell::Kind::Text, std::move(value));
  }

  bool start_object(std::size_t /*count*/) override { return open('{'); }
  bool end_object() override { return close('}'); }
  bool start_array(std::size_t /*count*/) override { return open('['); }
  bool end_array() override { return close(']'); }
  bool key(std::string& name) override {
    if (depth_ == 1) {
      key_ = std::move(name);
      return true;
    }
    nested(json(std::move(name)).dump());
    value_ += ':';
    first_ = true;
    return true;
  }

 private:
  bool scalar(Cell::Kind kind, std::string text) {
    if (depth_ == 0) return refuseRoot();
    if (depth_ > 1) return nested(text);
    return accepted(store_(key_, Cell{kind, std::move(text)}));
  }
  /// Writes one more part of a nested value, with the comma between neighbours.
  bool nested(std::string_view text) {
    if (!first_) value_ += ',';
    value_ += text;
    first_ = false;
    return true;
  }
  bool open(char bracket) {
    if (depth_ == 0 && bracket == '[') return refuseRoot();
    if (depth_ == JsonRowParser::kDeepestNesting) {
      return fail(
          lineError(path_, line_,
                    fmt::format("nests lists and objects more than {} deep: flatten them, or keep them as text.",
                                JsonRowParser::kDeepestNesting)));
    }
    if (depth_ == 1) {
      value_.clear();
      first_ = true;
    }
    if (depth_ > 0) nested(std::string_view(&bracket, 1));
    first_ = true;
    ++depth_;
    return true;
  }
  bool close(char bracket) {
    if (--depth_ == 0) return true;
    value_ += bracket;
    first_ = false;
    return depth_ > 1 || accepted(store_(key_, Cell{Cell::Kind::Nested, value_}));
  }
  bool refuseRoot() {
    return fail(
        lineError(path_, line_, "is JSON, but not an object: write each row as one, such as {\"text\": \"...\"}."));
  }
  bool accepted(const Status& status) { return status || fail(status.error()); }

  const std::filesystem::path& path_;
  std::int64_t line_;
  Store store_;
  std::string key_;
  std::string value_;      ///< nested value being written
  bool first_ = true;      ///< no comma before the next part: it follows a bracket or a key
  std::size_t depth_ = 0;  ///< open brackets
};

}  // namespace

Expected<std::unique_ptr<RowReader>> JsonLinesReader::open(const std::filesystem::path& path) {
  ROSA_TRY(LineReader lines, LineReader::open(path, kLongestRowBytes));
  if (lines.source().isUtf16()) {
    return Error{
        fmt::format("{} is UTF-16, but JSON Lines are UTF-8: save it as UTF-8.", base::printable(path.native()))};
  }
  return std::unique_ptr<RowReader>(new JsonLinesReader(path, std::move(lines)));
}

Expected<bool> JsonLinesReader::next(Row& row) {
  do {
    ROSA_TRY(const bool found, lines_.next(text_));
    if (!found) return false;
  } while (text_.find_first_not_of(" \t\r") == std::string::npos);

  row.line = lines_.number();
  row.number = ++rows_;
  ROSA_CHECK(parser_.parse(text_, row));
  return true;
}

Status JsonRowParser::parse(std::string_view object, Row& row) {
  for (Cell& cell : row.cells) cell.kind = Cell::Kind::Missing;
  const auto store = [&](const std::string& key, Cell cell) -> Status {
    const auto [entry, fresh] = columnOf_.try_emplace(key, columns_.size());
    if (fresh) {
      if (columns_.size() == kMostColumns) {
        return lineError(
            path_, row.line,
            fmt::format("brings the file's keys to more than {}: give the rows the same keys, which are the columns.",
                        kMostColumns));
      }
      columns_.push_back(key);
      lastRow_.push_back(0);
    }
    const std::size_t place = entry->second;
    if (std::exchange(lastRow_[place], row.number) == row.number) {
      return lineError(path_, row.line, fmt::format("has the key {} twice: remove one.", base::inQuotes(key)));
    }
    if (row.cells.size() <= place) row.cells.resize(place + 1);
    row.cells[place] = std::move(cell);
    return {};
  };
  LineEvents events(path_, row.line, store);
  return base::parseJsonEvents(object, fmt::format("Line {} of {}", row.line, path_.native()), events);
}

}  // namespace rosa::data
