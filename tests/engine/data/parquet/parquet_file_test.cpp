// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/parquet/parquet_file.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/data/temporary_folder.h"
#include "memory_file.h"
#include "small_parquet.h"

namespace rosa::data::parquet {
namespace {

using base::Json;

const std::vector<SmallColumn> kTwoColumns = {{"text", {"one", std::nullopt, "three", "four"}},
                                              {"label", {"a", "b", "a", std::nullopt}}};

TEST(ParquetFile, ReadsRowGroupByRowGroup) {
  for (const std::size_t rowsInGroup : {1U, 2U, 3U, 4U}) {
    const ReadTable table = readBytes(smallParquet(kTwoColumns, rowsInGroup, true));
    EXPECT_EQ(table.error, "");
    EXPECT_EQ(table.claimedRows, 4);
    EXPECT_EQ(table.columns, (std::vector<std::string>{"text", "label"}));
    EXPECT_EQ(table.rows,
              (std::vector<std::vector<Json>>{{"one", "a"}, {nullptr, "b"}, {"three", "a"}, {"four", nullptr}}));
  }
}

TEST(ParquetFile, OnlySelectedColumnsAreLookedAt) {
  std::string bytes = smallParquet(kTwoColumns, 2, true);
  bytes.replace(bytes.find("one"), 3, "eno");
  EXPECT_TRUE(
      contains(readBytes(bytes).error, "column \"text\" in row group 1: a page of it does not have the checksum"));

  auto file = ParquetFile::open(std::make_unique<MemoryFile>(bytes), "a.parquet");
  ASSERT_TRUE(file);
  const std::vector<std::size_t> wanted{1};
  file->select(wanted);
  std::vector<Json> row;
  std::vector<Json> labels;
  for (auto found = file->next(row); found && *found; found = file->next(row)) {
    EXPECT_EQ(row.at(0), nullptr);
    labels.push_back(row.at(1));
  }
  EXPECT_EQ(labels, (std::vector<Json>{"a", "b", "a", nullptr}));
}

/// One column of one row group that says that it has other rows than its pages hold.
std::string withRows(std::int64_t rows, std::int64_t values) {
  const std::string page = smallPage({"one", "two"}, false);
  const auto chunk =
      CompactWriter().integer(1, 6, 5).integer(4, 0, 5).integer(5, values).integer(7, std::ssize(page)).integer(9, 4);
  const auto group = CompactWriter().structs(1, {CompactWriter().part(3, 12, chunk.end()).end()}).integer(3, rows);
  const std::string footer =
      CompactWriter()
          .integer(1, 2, 5)
          .structs(2, {CompactWriter().text(4, "schema").integer(5, 1, 5).end(),
                       CompactWriter().integer(1, 6, 5).integer(3, 1, 5).text(4, "text").integer(6, 0, 5).end()})
          .integer(3, rows)
          .structs(4, {group.end()})
          .end();
  return "PAR1" + page + footer + littleEndian(static_cast<std::uint32_t>(footer.size())) + "PAR1";
}

TEST(ParquetFile, RowsAndValuesMustAgree) {
  EXPECT_EQ(readBytes(withRows(2, 2)).error, "");
  EXPECT_TRUE(contains(readBytes(withRows(3, 2)).error, "fewer values than its row group has rows"));
  EXPECT_TRUE(contains(readBytes(withRows(1, 2)).error, "more values than its row group has rows"));
  EXPECT_TRUE(contains(readBytes(withRows(1, 1)).error, "its pages have more values than it says"));
  EXPECT_TRUE(contains(readBytes(withRows(3, 3)).error, "it ends within a page"));
  EXPECT_TRUE(contains(readBytes(withRows(-1, 2)).error, "its number of rows is -1"));
}

TEST(ParquetFile, AFileThatIsNotThereIsNamed) {
  EXPECT_TRUE(contains(messageOf(ParquetFile::open("no/such.parquet")), "no/such.parquet"));
}

}  // namespace
}  // namespace rosa::data::parquet
