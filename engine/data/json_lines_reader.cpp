// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/json_lines_reader.h"

#include <fmt/format.h>

#include <optional>
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
  explicit LineEvents(Store store) : store_(std::move(store)) {}

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
    if (depth_ == JsonLinesReader::kDeepestNesting) {
      return fail(fmt::format("objects and arrays lie more than {} deep", JsonLinesReader::kDeepestNesting));
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
  bool refuseRoot() { return fail("each line must be one object such as {\"text\": \"...\"}"); }
  bool accepted(std::optional<std::string> complaint) { return !complaint || fail(std::move(*complaint)); }

  Store store_;
  std::string key_;
  std::string value_;      ///< nested value being written
  bool first_ = true;      ///< no comma before the next part: it follows a bracket or a key
  std::size_t depth_ = 0;  ///< open brackets
};

}  // namespace

Expected<std::unique_ptr<RowReader>> JsonLinesReader::open(const std::filesystem::path& path) {
  ROSA_TRY(TextSource source, TextSource::open(path));
  return std::unique_ptr<RowReader>(new JsonLinesReader(path, std::move(source)));
}

Expected<bool> JsonLinesReader::next(Row& row) {
  do {
    ROSA_TRY(const bool found, readLine());
    if (!found) return false;
  } while (text_.find_first_not_of(" \t\r") == std::string::npos);
  if (source_.wasUtf16())
    return lineError(path_, line_, "is UTF-16: JSON Lines asks for UTF-8, save the file as that.");

  for (Cell& cell : row.cells) cell.kind = Cell::Kind::Missing;
  row.line = line_;
  row.number = ++rows_;
  ROSA_CHECK(parseLine(row));
  return true;
}

Expected<bool> JsonLinesReader::readLine() {
  text_.clear();
  ++line_;
  for (int byte = source_.next(); byte != '\n'; byte = source_.next()) {
    if (byte == TextSource::kEnd) {
      ROSA_CHECK(source_.status());
      return !text_.empty();
    }
    text_ += static_cast<char>(byte);
    if (text_.size() > kLongestRowBytes) {
      return lineError(
          path_, line_,
          fmt::format("is longer than {}: each line must be one JSON object.", base::formatBytes(kLongestRowBytes)));
    }
  }
  return true;
}

Status JsonLinesReader::parseLine(Row& row) {
  const auto store = [&](const std::string& key, Cell cell) -> std::optional<std::string> {
    const auto [entry, fresh] = columnOf_.try_emplace(key, columns_.size());
    if (fresh) {
      if (columns_.size() == kMostColumns) return fmt::format("the file has more than {} keys", kMostColumns);
      columns_.push_back(key);
      lastLine_.push_back(0);
    }
    const std::size_t place = entry->second;
    if (std::exchange(lastLine_[place], line_) == line_) {
      return fmt::format("the key {} stands twice in one object", base::inQuotes(key));
    }
    if (row.cells.size() <= place) row.cells.resize(place + 1);
    row.cells[place] = std::move(cell);
    return std::nullopt;
  };
  LineEvents events(store);
  return base::parseJsonEvents(text_, fmt::format("Line {} of {}", line_, path_.string()), events);
}

}  // namespace rosa::data
