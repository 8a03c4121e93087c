// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/shards.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/summary.h"
#include "engine/data/parquet/small_parquet.h"
#include "read_rows.h"
#include "temporary_folder.h"
#include "word_encoder.h"

namespace rosa::data {
namespace {

using Lines = std::vector<std::vector<std::string>>;

class ShardsTest : public testing::Test {
 protected:
  [[nodiscard]] std::vector<std::string> namesOf(const std::filesystem::path& path) const {
    const auto shards = shardsOf(path);
    if (!shards) return {shards.error().message};
    std::vector<std::string> names;
    for (const auto& shard : *shards) names.push_back(shard.filename().string());
    return names;
  }
  std::filesystem::path path(const char* name) const { return folder_.path() / name; }

  TemporaryFolder folder_;
};

TEST_F(ShardsTest, AFoldersFilesComeInTheOrderOfTheirNames) {
  for (const char* name :
       {"b.jsonl", "a.jsonl", "c.ndjson", "dataset_info.json", "notes.txt", "README.md", ".d.jsonl"}) {
    folder_.write(name, "{\"text\":\"x\"}\n");
  }
  EXPECT_EQ(namesOf(folder_.path()), (std::vector<std::string>{"a.jsonl", "b.jsonl", "c.ndjson"}));
  EXPECT_EQ(namesOf(path("*.jsonl")), (std::vector<std::string>{"a.jsonl", "b.jsonl"}));
  EXPECT_EQ(namesOf(path("b*")), std::vector<std::string>{"b.jsonl"});
  EXPECT_EQ(namesOf(path("a.jsonl")), std::vector<std::string>{"a.jsonl"});
  EXPECT_TRUE(contains(namesOf(path("z*")).front(), "holds no data files"));
  EXPECT_TRUE(contains(namesOf(path("*.*")).front(), "more than one *"));
  folder_.write("d.csv", "text\nx\n");
  EXPECT_TRUE(contains(namesOf(folder_.path()).front(), "several kinds, such as a.jsonl and d.csv"));
}

TEST_F(ShardsTest, ColumnsAreFoundByNameInEachFile) {
  folder_.write("1.csv", "a,b\n1,2\n");
  folder_.write("2.csv", "b,a\n4,3\n");
  const ReadFile file = readAll(folder_.path());
  EXPECT_EQ(file.error, "");
  EXPECT_EQ(file.texts(), (Lines{{"1", "2"}, {"3", "4"}}));
  EXPECT_EQ(file.rows.at(1).number, 2);
  EXPECT_EQ(file.rows.at(1).line, 2);
  folder_.write("3.csv", "a,c\n5,6\n");
  EXPECT_TRUE(contains(readAll(folder_.path()).error, "3.csv has other columns than "));
  folder_.write("3.csv", "a\n5\n");
  EXPECT_TRUE(contains(readAll(folder_.path()).error, "3.csv has other columns than "));
}

TEST_F(ShardsTest, JsonLinesMayBringNewKeys) {
  folder_.write("1.jsonl", "{\"a\":1}\n");
  folder_.write("2.jsonl", "{\"b\":2}\n{\"a\":[3],\"b\":4}\n");
  const ReadFile file = readAll(folder_.path());
  EXPECT_EQ(file.columns, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(file.rows.at(1).cells.at(0).kind, Cell::Kind::Missing);
  EXPECT_EQ(file.rows.at(2).cells.at(0).text, "[3]");
  EXPECT_EQ(file.rows.at(2).cells.at(1).text, "4");
}

TEST_F(ShardsTest, TheFileOfAFaultIsNamed) {
  folder_.write("1.jsonl", "{\"text\":\"a\",\"label\":\"x\"}\n");
  folder_.write("2.jsonl", "{\"text\":\"b\",\"label\":\"y\"}\n{\"text\":\"c\",\"label\":\"\"}\n");
  RunConfig config;
  config.data = folder_.path();
  config.task = Task::Classification;
  const WordEncoder encoder;
  EXPECT_TRUE(contains(messageOf(openDataset(config, encoder)), "Line 2 of " + path("2.jsonl").string()));
  folder_.write("2.jsonl", "{\"text\":\"b\"}\n");
  EXPECT_TRUE(contains(messageOf(openDataset(config, encoder)), "Line 1 of " + path("2.jsonl").string()));
}

TEST_F(ShardsTest, NumberedPartsOfADatasetAreFound) {
  const std::string bytes = parquet::smallParquet({{"text", {"a b", "c d"}}});
  folder_.write("train-00000-of-00002.parquet", bytes);
  folder_.write("train-00001-of-00002.parquet", bytes);
  folder_.write("validation-00000-of-00001.parquet", bytes);
  const auto files = locateData(folder_.path());
  ASSERT_TRUE(files) << messageOf(files);
  EXPECT_EQ(files->train.filename(), "train-*.parquet");
  ASSERT_TRUE(files->validation);
  EXPECT_EQ(files->validation->filename(), "validation-00000-of-00001.parquet");
  const auto summary = summarise(folder_.path());
  ASSERT_TRUE(summary) << messageOf(summary);
  EXPECT_EQ(summary->rows, 4);
  EXPECT_EQ(summary->validationRows, 2);
  EXPECT_EQ(summary->suggestedText, "text");
}

TEST_F(ShardsTest, PartsMayBeFoldersAndAFolderOnePart) {
  std::filesystem::create_directory(path("train"));
  std::filesystem::create_directory(path("test"));
  folder_.write("train/1.jsonl", "{\"text\":\"a\"}\n");
  folder_.write("test/1.jsonl", "{\"text\":\"a\"}\n");
  EXPECT_EQ(locateData(folder_.path())->train, path("train"));
  EXPECT_EQ(*locateData(folder_.path())->validation, path("test"));
  EXPECT_EQ(locateData(path("train"))->train, path("train"));
  EXPECT_EQ(locateData(path("train") / "*.jsonl")->train, path("train") / "*.jsonl");
}

TEST_F(ShardsTest, TextsOfAFolderAreCutApart) {
  folder_.write("1.txt", "a b c\n");
  folder_.write("2.txt", "d e f\n");
  RunConfig config;
  config.data = folder_.path();
  config.maxLength = 4;
  config.validationSplit = 0;
  const WordEncoder encoder;
  auto dataset = openDataset(config, encoder);
  ASSERT_TRUE(dataset) << messageOf(dataset);
  EXPECT_EQ(dataset->train.examples.size(), 2U);
  const auto facts = measureExamples(folder_.path(), exampleSpec(config), encoder, nullptr, {});
  ASSERT_TRUE(facts) << messageOf(facts);
  EXPECT_EQ(facts->examples, 2);
  config.maxRows = 1;
  dataset = openDataset(config, encoder);
  ASSERT_TRUE(dataset) << messageOf(dataset);
  EXPECT_EQ(dataset->train.examples.size(), 1U);
}

}  // namespace
}  // namespace rosa::data
