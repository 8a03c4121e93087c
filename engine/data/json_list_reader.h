// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/json_lines_reader.h"
#include "data/row_reader.h"
#include "data/text_source.h"

namespace rosa::data {

/// A .json file: a list of objects, or an object of which one member is such a list ({"data": [...]}; other members may
/// be anything but lists), read row by row as JSON Lines are. A file that has one object a line is read as that.
class JsonListReader final : public RowReader {
 public:
  [[nodiscard]] static Expected<std::unique_ptr<RowReader>> open(const std::filesystem::path& path);

  [[nodiscard]] const std::vector<std::string>& columns() const override { return parser_.columns(); }
  [[nodiscard]] Expected<bool> next(Row& row) override;
  [[nodiscard]] double share() const override { return source_.share(); }

 private:
  JsonListReader(const std::filesystem::path& path, TextSource source)
      : path_(path), source_(std::move(source)), parser_(path) {}

  [[nodiscard]] static Expected<bool> holdsLines(const std::filesystem::path& path);
  /// Goes into the list of rows.
  [[nodiscard]] Status findList();
  [[nodiscard]] Status finish();
  /// Reads one JSON value's bytes, whatever they are, as far as brackets and quotation marks go.
  [[nodiscard]] Status takeValue(std::string* text);
  int skipSpace();
  int take();
  [[nodiscard]] Error faultAt(std::int64_t line, std::string_view what) const { return lineError(path_, line, what); }

  std::filesystem::path path_;
  TextSource source_;
  JsonRowParser parser_;
  std::int64_t line_ = 1;
  bool entered_ = false;
  bool ended_ = false;
  bool inObject_ = false;  ///< the list is a member
  bool first_ = true;
  std::int64_t rows_ = 0;
  std::string text_;
};

}  // namespace rosa::data
