// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "data/json_lines_reader.h"
#include "read_rows.h"
#include "support/golden.h"
#include "temporary_folder.h"

namespace rosa::data {
namespace {

using Json = nlohmann::json;

/// Deepest bracket of a file, those inside strings included: an upper bound that is enough here.
std::size_t deepestNesting(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::size_t depth = 0;
  std::size_t deepest = 0;
  for (char c = 0; file.get(c);) {
    if (c == '{' || c == '[') deepest = std::max(deepest, ++depth);
    if ((c == '}' || c == ']') && depth > 0) --depth;
  }
  return deepest;
}

/// Python's own idea of a value, as the cell that must hold it.
bool sameValue(const Cell& cell, const Json& value) {
  if (value.is_null()) return cell.kind == Cell::Kind::Missing;
  if (value.is_structured()) return cell.kind == Cell::Kind::Nested && Json::parse(cell.text) == value;
  if (cell.kind != Cell::Kind::Text) return false;
  if (value.is_string()) return cell.text == value.get<std::string>();
  return Json::parse(cell.text) == value;
}

class JsonlGolden : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = test::goldenDirectory() / "data" / "jsonl";
    std::ifstream manifest(folder_ / "manifest.json");
    if (!manifest) GTEST_SKIP() << (folder_ / "manifest.json") << " is missing";
    files_ = Json::parse(manifest).at("files");
  }

  /// What Python takes and a reader of objects after RFC 8259 may not: the note says so, pyarrow refuses it, the root
  /// is no object, or it nests deeper than a data row may.
  [[nodiscard]] bool refusedByRule(const Json& entry) const {
    if (entry.contains("note")) return true;
    const Json& lines = entry.at("lines");
    if (lines.is_array()) {
      for (const Json& line : lines) {
        if (line.contains("type") && line.at("type") != "dict") return true;
      }
    }
    const auto file = entry.at("file").get<std::string>();
    if (file.find("duplicate") != std::string::npos || file.find("overflow") != std::string::npos) return true;
    return deepestNesting(folder_ / file) > JsonLinesReader::kDeepestNesting;
  }

  std::filesystem::path folder_;
  Json files_;
};

TEST_F(JsonlGolden, EveryStrictlyValidFileGivesPythonsValues) {
  for (const Json& entry : files_) {
    if (!entry.at("python_json").at("first_error").is_null() || refusedByRule(entry)) continue;
    SCOPED_TRACE(entry.at("file").get<std::string>());
    const ReadFile file = readAll(folder_ / entry.at("file").get<std::string>());
    EXPECT_EQ(file.error, "");
    ASSERT_EQ(file.rows.size(), entry.at("python_json").at("records").get<std::size_t>());
    for (std::size_t i = 0; i < file.rows.size(); ++i) {
      const Json& line = entry.at("lines").at(i);
      const Row& row = file.rows[i];
      EXPECT_EQ(row.line, line.at("line").get<std::int64_t>());
      if (line.at("json").is_null()) continue;  // too long for the manifest
      const Json expected = Json::parse(line.at("json").get<std::string>());
      std::size_t present = 0;
      for (std::size_t column = 0; column < row.cells.size(); ++column) {
        const auto& name = file.columns[column];
        if (!expected.contains(name)) {
          EXPECT_EQ(row.cells[column].kind, Cell::Kind::Missing);
          continue;
        }
        ++present;
        EXPECT_TRUE(sameValue(row.cells[column], expected.at(name))) << name << ": " << row.cells[column].text;
      }
      EXPECT_EQ(present, expected.size());
    }
  }
}

TEST_F(JsonlGolden, EveryFaultyFileIsRefusedWithItsLine) {
  for (const Json& entry : files_) {
    const Json& fault = entry.at("python_json").at("first_error");
    if (fault.is_null() && !refusedByRule(entry)) continue;
    const auto name = entry.at("file").get<std::string>();
    SCOPED_TRACE(name);
    const ReadFile file = readAll(folder_ / name);
    const auto line = fault.is_null() ? 1 : fault.at("line").get<std::int64_t>();
    const std::string path = (folder_ / name).string();
    const bool utf16 = file.error == path + " is UTF-16, but JSON Lines are UTF-8: save it as UTF-8.";
    EXPECT_TRUE(utf16 ? testing::AssertionSuccess()
                      : contains(file.error, "Line " + std::to_string(line) + " of " + path + " "));
  }
}

}  // namespace
}  // namespace rosa::data
