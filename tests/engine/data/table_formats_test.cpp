// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/columns.h"
#include "engine/data/parquet/small_parquet.h"
#include "read_rows.h"
#include "support/golden.h"
#include "temporary_folder.h"

/// Files of JSON and Parquet read as tables.
namespace rosa::data {
namespace {

using namespace std::string_literals;
using Lines = std::vector<std::vector<std::string>>;

class TableFormatsTest : public testing::Test {
 protected:
  [[nodiscard]] ReadFile read(const char* name, std::string_view content) const {
    return readAll(folder_.write(name, content));
  }
  [[nodiscard]] std::string fault(std::string_view json) const { return read("a.json", json).error; }

  TemporaryFolder folder_;
};

TEST_F(TableFormatsTest, AJsonFileIsAListOfObjects) {
  const ReadFile file = read(
      "a.json",
      "[\n  {\"text\": \"a, \\\"b\\\" ]}\",\n   \"n\": [1, {\"x\": null}]},\n  {\"text\": null, \"n\": 2.50}\n]\n");
  EXPECT_EQ(file.error, "");
  EXPECT_EQ(file.columns, (std::vector<std::string>{"text", "n"}));
  ASSERT_EQ(file.rows.size(), 2U);
  EXPECT_EQ(file.texts().front(), (std::vector<std::string>{"a, \"b\" ]}", "[1,{\"x\":null}]"}));
  EXPECT_EQ(file.rows.at(1).cells.at(1).text, "2.50");
  EXPECT_EQ(file.rows.at(1).cells.at(0).kind, Cell::Kind::Missing);
  EXPECT_EQ(file.rows.at(0).line, 2);
  EXPECT_EQ(file.rows.at(1).line, 4);
  EXPECT_EQ(read("b.json", "[]").error, "");
  EXPECT_EQ(read("b.json", "\xEF\xBB\xBF [{\"a\":1}]").texts(), (Lines{{"1"}}));
}

TEST_F(TableFormatsTest, TheListMayBeAMember) {
  EXPECT_EQ(
      read("a.json", "{\"version\": \"1.1\", \"meta\": {\"n\": [1]}, \"data\": [{\"a\":1},{\"a\":2}], \"end\": true}")
          .texts(),
      (Lines{{"1"}, {"2"}}));
  EXPECT_TRUE(contains(fault("{\"train\": [{\"a\":1}], \"test\": [{\"a\":2}]}"), "begins a second list, \"test\""));
}

TEST_F(TableFormatsTest, ObjectsOnLinesAreLines) {
  EXPECT_EQ(read("a.json", "{\"a\":1}\n{\"a\":2}\n").texts(), (Lines{{"1"}, {"2"}}));
  EXPECT_EQ(read("a.json", "{\"a\":1}").texts(), (Lines{{"1"}}));
  EXPECT_EQ(read("a.json", "{\"messages\": [{\"role\":\"user\"}]}").texts(), (Lines{{"[{\"role\":\"user\"}]"}}));
  EXPECT_EQ(read("a.json", "{\"data\": [{\"a\":1}]}\n{\"data\": [{\"a\":1}]}").rows.size(), 2U)
      << "two rows, each with a list";
}

TEST_F(TableFormatsTest, AFaultInJsonIsNamedWithItsLine) {
  EXPECT_TRUE(contains(fault("[{\"a\":1}\n {\"a\":2}]"), "Line 2 of "));
  EXPECT_TRUE(contains(fault("[{\"a\":1},\n {\"a\":2"), "Line 2 of "));
  EXPECT_TRUE(contains(fault("[{\"a\":1},\n {\"a\":2}"), "ends a row without a comma or ]"));
  EXPECT_TRUE(contains(fault("[{\"a\":1},\n 5]"), "Line 2 of "));
  EXPECT_TRUE(contains(fault("[{\"a\":1},\n {\"a\":}]"), "is not valid JSON"));
  EXPECT_TRUE(contains(fault("[{\"a\":1}] x"), "text behind the list"));
  EXPECT_TRUE(contains(fault("[{\"a\":\"\xFF\"}]"), "not valid UTF-8"));
  EXPECT_TRUE(contains(fault("{\"data\": [{\"a\":1}]"), "a.json"));
  EXPECT_TRUE(contains(fault("{\"data\": [{\"a\":1}], \"x\": 1"), "a.json"));
  EXPECT_TRUE(contains(fault("[{\"a\":\"" + std::string(kLongestRowBytes, 'x') + "\"}]"), "begins a row of more than"));
  EXPECT_TRUE(contains(fault("[" + std::string(100'000, '[') + "]"), "a.json"));
  EXPECT_TRUE(contains(fault("\xFF\xFE[\0"s), "is UTF-16"));
  EXPECT_TRUE(contains(fault("[{\"a\":1,\"a\":2}]"), "has the key \"a\" twice"));
}

TEST_F(TableFormatsTest, ParquetIsATable) {
  const ReadFile file =
      read("a.parquet", parquet::smallParquet({{"text", {"a", std::nullopt}}, {"day", {"2024-01-01", "NA"}}}));
  EXPECT_EQ(file.error, "");
  EXPECT_EQ(file.columns, (std::vector<std::string>{"text", "day"}));
  EXPECT_EQ(file.texts(), (Lines{{"a", "2024-01-01"}, {"", "NA"}}));
  EXPECT_EQ(file.rows.at(1).cells.at(0).kind, Cell::Kind::Missing);
  EXPECT_EQ(file.rows.at(1).number, 2);
}

TEST_F(TableFormatsTest, AFaultInParquetIsNamedWithItsRow) {
  const auto path = folder_.write("a.parquet", parquet::smallParquet({{"text", {"a", std::nullopt}}}));
  auto reader = ColumnReader::open(path, {ColumnRole{"--text", "text", "text"}});
  ASSERT_TRUE(reader);
  std::vector<std::string> texts;
  EXPECT_TRUE(*reader->next(texts));
  EXPECT_TRUE(contains(messageOf(reader->next(texts)), "Row 2 of " + path.string() + " has no value for \"text\""));
}

TEST_F(TableFormatsTest, OnlyTheColumnsOfTheTaskAreDecoded) {
  std::string bytes = parquet::smallParquet({{"text", {"one"}}, {"picture", {"bits"}}}, 10, true);
  bytes.replace(bytes.find("bits"), 4, "stib");
  const auto path = folder_.write("a.parquet", bytes);
  auto reader = ColumnReader::open(path, {ColumnRole{"--text", "text", "text"}});
  ASSERT_TRUE(reader);
  std::vector<std::string> texts;
  EXPECT_TRUE(reader->next(texts));
  EXPECT_EQ(texts, std::vector<std::string>{"one"});
  EXPECT_TRUE(contains(readAll(path).error, "column \"picture\""));
}

TEST_F(TableFormatsTest, AChatColumnIsWhatJsonLinesWouldHold) {
  const auto folder = test::goldenDirectory() / "data" / "parquet";
  if (!std::filesystem::exists(folder / "sft_chat.parquet")) GTEST_SKIP() << folder << " is missing";
  const ReadFile parquet = readAll(folder / "sft_chat.parquet");
  const ReadFile lines = readAll(folder / "sft_chat.jsonl");
  EXPECT_EQ(parquet.error, "");
  EXPECT_EQ(parquet.columns, lines.columns);
  EXPECT_EQ(parquet.texts(), lines.texts());
  EXPECT_EQ(parquet.rows.front().cells.front().kind, Cell::Kind::Nested);
}

TEST_F(TableFormatsTest, BytesAreTextWhereTheyCanBe) {
  const auto folder = test::goldenDirectory() / "data" / "parquet-testing";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is missing";
  EXPECT_EQ(readAll(folder / "alltypes_plain.parquet").texts().front(),
            (std::vector<std::string>{"4", "true", "0", "0", "0", "0", "0.0", "0.0", "03/01/09", "0",
                                      "2009-03-01T00:00:00"}));
  const ReadFile bytes = readAll(folder / "fixed_length_byte_array.parquet");
  EXPECT_EQ(bytes.rows.front().cells.front().text, "{\"bytes\":4}");
  EXPECT_EQ(bytes.rows.front().cells.front().kind, Cell::Kind::Nested);
}

}  // namespace
}  // namespace rosa::data
