// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "read_rows.h"
#include "support/golden.h"
#include "temporary_folder.h"

namespace rosa::data {
namespace {

using Json = nlohmann::json;
using Lines = std::vector<std::vector<std::string>>;

/// What the sentence about each kind of mistake says.
const std::map<std::string, std::string> kSaid = {
    {"no_header", "is empty"},
    {"ragged_row", "where the first row has"},
    {"duplicate_column", "gives two columns the name"},
    {"unterminated_quote", "never closed"},
    {"text_after_quote", "text after a closing quotation mark"},
    {"invalid_utf8", "not valid UTF-8"},
};

/// Each of its rows ends with a comma. pandas makes the first field an index and moves all others; here the spare one
/// is left out, as people mean it.
constexpr const char* kSpareFields = "ragged_trailing_comma.csv";

class CsvGolden : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = test::goldenDirectory() / "data" / "csv";
    std::ifstream manifest(folder_ / "manifest.json");
    if (!manifest) GTEST_SKIP() << (folder_ / "manifest.json") << " is missing";
    files_ = Json::parse(manifest).at("files");
  }

  [[nodiscard]] ReadFile read(const Json& entry) const {
    RowOptions options;
    options.delimiter = entry.at("delimiter").get<std::string>().front();
    options.quotes = entry.at("quoting") != "none";
    return readAll(folder_ / entry.at("file").get<std::string>(), options);
  }

  std::filesystem::path folder_;
  Json files_;
};

TEST_F(CsvGolden, EveryValidFileGivesTheRowsOfThePythonReader) {
  for (const Json& entry : files_) {
    if (!entry.at("expected_error_kind").is_null()) continue;
    SCOPED_TRACE(entry.at("file").get<std::string>());
    const Json& python = entry.at("python_csv_strict");
    const ReadFile file = read(entry);
    ASSERT_EQ(file.error, "");
    Lines lines = file.texts();
    lines.insert(lines.begin(), file.columns);
    if (python.contains("rows")) {
      Lines expected = python.at("rows").get<Lines>();
      std::erase_if(expected, [](const auto& line) { return line.empty(); });  // blank lines: skipped here, kept there
      EXPECT_EQ(lines, expected);
    } else {
      EXPECT_EQ(lines.size(), python.at("count").get<std::size_t>());
      EXPECT_EQ(lines.front(), python.at("first").get<std::vector<std::string>>());
      // The manifest keeps only the beginning of long fields.
      const auto last = python.at("last").get<std::vector<std::string>>();
      ASSERT_EQ(lines.back().size(), last.size());
      for (std::size_t i = 0; i < last.size(); ++i) EXPECT_TRUE(lines.back()[i].starts_with(last[i]));
      std::size_t longest = 0;
      for (const auto& line : lines) {
        for (const auto& field : line) longest = std::max(longest, field.size());
      }
      EXPECT_EQ(longest, python.at("max_field").get<std::size_t>());
      if (!python.at("at_3001").is_null()) {
        EXPECT_EQ(lines.at(3001), python.at("at_3001").get<std::vector<std::string>>());
      }
    }
  }
}

TEST_F(CsvGolden, SpareFieldsAtTheEndOfEachRowMoveNothing) {
  const auto entry = std::ranges::find(files_, kSpareFields, [](const Json& file) { return file.at("file"); });
  ASSERT_NE(entry, files_.end());
  const ReadFile file = read(*entry);
  EXPECT_EQ(file.error, "");
  Lines expected = entry->at("python_csv_strict").at("rows").get<Lines>();
  EXPECT_EQ(file.columns, expected.front());
  expected.erase(expected.begin());
  for (auto& row : expected) row.pop_back();
  EXPECT_EQ(file.texts(), expected);
}

TEST_F(CsvGolden, EveryFaultyFileIsRefusedForItsOwnFault) {
  for (const Json& entry : files_) {
    const Json& kind = entry.at("expected_error_kind");
    if (kind.is_null() || entry.at("file") == kSpareFields) continue;
    SCOPED_TRACE(entry.at("file").get<std::string>());
    const ReadFile file = read(entry);
    EXPECT_TRUE(contains(file.error, entry.at("file").get<std::string>()));
    const auto said = kSaid.find(kind.get<std::string>());
    EXPECT_TRUE(contains(file.error, said == kSaid.end() ? "Line " : said->second));
  }
}

TEST_F(CsvGolden, DelimiterAndQuotingAreFoundFromNameAndFirstLine) {
  for (const Json& entry : files_) {
    const auto name = entry.at("file").get<std::string>();
    const bool tsv = name.ends_with(".tsv");
    // A .tsv is read as GLUE writes it; enclosing quotation marks are told to the reader, not guessed.
    if (!entry.at("expected_error_kind").is_null() || (tsv && entry.at("quoting") != "none")) continue;
    SCOPED_TRACE(name);
    const ReadFile guessed = readAll(folder_ / name);
    EXPECT_EQ(guessed.error, "");
    EXPECT_EQ(guessed.texts(), read(entry).texts());
  }
}

}  // namespace
}  // namespace rosa::data
