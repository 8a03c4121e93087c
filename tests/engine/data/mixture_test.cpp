// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/mixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "data/batcher.h"
#include "data/dataset.h"
#include "temporary_folder.h"
#include "word_encoder.h"

namespace rosa::data {
namespace {

using Rows = std::vector<std::int64_t>;

const std::vector<MixedRange> kSets = {{0, 4, 1}, {4, 6, 0.5}, {10, 3, 2.34}};

std::map<std::int64_t, int> timesOf(const Rows& rows) {
  std::map<std::int64_t, int> times;
  for (const auto row : rows) ++times[row];
  return times;
}

TEST(Mixture, AnEpochShowsEachRowAsOftenAsItsWeightSays) {
  EXPECT_EQ(rowsPerEpoch(kSets), 4 + 3 + (6 + 1));
  std::map<std::int64_t, int> halfDrawn;
  for (std::int64_t epoch = 0; epoch < 40; ++epoch) {
    const auto rows = rowsOfEpoch(kSets, 7, epoch);
    ASSERT_EQ(std::ssize(rows), rowsPerEpoch(kSets));
    EXPECT_EQ(rows, rowsOfEpoch(kSets, 7, epoch));
    const auto times = timesOf(rows);
    for (std::int64_t row = 0; row < 4; ++row) EXPECT_EQ(times.at(row), 1);
    int half = 0;
    for (std::int64_t row = 4; row < 10; ++row) {
      if (!times.contains(row)) continue;
      EXPECT_EQ(times.at(row), 1);
      ++half;
      ++halfDrawn[row];
    }
    EXPECT_EQ(half, 3);
    int third = 0;
    for (std::int64_t row = 10; row < 13; ++row) {
      EXPECT_GE(times.at(row), 2);
      third += times.at(row);
    }
    EXPECT_EQ(third, 7);
  }
  // Anew each epoch: every row has its turn, about as often.
  ASSERT_EQ(halfDrawn.size(), 6U);
  for (const auto& [row, times] : halfDrawn) EXPECT_NEAR(times, 20, 12) << row;
  EXPECT_NE(rowsOfEpoch(kSets, 7, 0), rowsOfEpoch(kSets, 8, 0));
}

TEST(Mixture, BatchesFollowFromSeedAndEpochAlone) {
  std::vector<Example> examples(13);
  for (std::size_t i = 0; i < examples.size(); ++i) {
    examples[i].tokenIds = {static_cast<std::int32_t>(i), 99};
    examples[i].targets = {99, kNoTarget};
    examples[i].targetCount = 1;
  }
  const auto shown = [&](const Batcher& batcher, std::int64_t epoch) {
    Rows rows;
    for (std::int64_t index = 0; index < batcher.plan().batches(epoch); ++index) {
      const auto batch = batcher.batch(epoch, index);
      for (std::size_t at = 0; at < batch.tokenIds.size(); at += 2) rows.push_back(batch.tokenIds[at]);
    }
    return rows;
  };
  for (const bool shuffle : {true, false}) {
    SCOPED_TRACE(shuffle);
    BatchOptions options{4, 0, shuffle, 7};
    options.mix = {kSets.begin(), kSets.end()};
    const Batcher batcher(examples, TargetKind::Tokens, options);
    EXPECT_EQ(batcher.plan().batches(0), 4);
    const auto first = shown(batcher, 0);
    auto sorted = first;
    std::ranges::sort(sorted);
    auto expected = rowsOfEpoch(kSets, 7, 0);
    EXPECT_EQ(shuffle, first != expected);
    std::ranges::sort(expected);
    EXPECT_EQ(sorted, expected);
    EXPECT_NE(shown(batcher, 1), first);
    // A resumed run asks for a later epoch first.
    EXPECT_EQ(shown(Batcher(examples, TargetKind::Tokens, options), 1), shown(batcher, 1));
    EXPECT_EQ(shown(batcher, 0), first);
  }
}

class MixedFiles : public testing::Test {
 protected:
  std::string file(const std::string& name, int rows, const std::string& word) {
    std::string text = "text\n";
    for (int i = 0; i < rows; ++i) text += word + " " + word + std::to_string(i) + "\n";
    return folder_.write(name, text).string();
  }
  static bool says(const std::vector<std::string>& remarks, const std::string& words) {
    return std::ranges::any_of(remarks, [&](const auto& text) { return contains(text, words); });
  }

  TemporaryFolder folder_;
  WordEncoder encoder_;
  RunConfig config_;
};

TEST_F(MixedFiles, LieOneBehindTheOtherAndEachHoldsSomeOut) {
  config_.data = file("a.csv", 10, "a");
  config_.mix = {file("b.csv", 20, "b") + "=0.5", file("c.csv", 5, "c")};
  config_.validationSplit = 0.2;
  config_.shape = Shape::Text;
  const auto read = openDataset(config_, encoder_);
  ASSERT_TRUE(read) << messageOf(read);
  ASSERT_EQ(read->mix.size(), 3U);
  EXPECT_EQ(read->mix[1].first, 8);
  EXPECT_EQ(read->mix[1].count, 16);
  EXPECT_EQ(read->mix[1].weight, 0.5);
  EXPECT_EQ(read->mix[2].first, 24);
  EXPECT_EQ(read->train.examples.size(), 28U);
  EXPECT_EQ(read->validation.examples.size(), 7U);
  EXPECT_TRUE(
      says(read->remarks,
           "An epoch shows 20 rows: 8 of a.csv, 8 of b.csv (0.5 times its 16, drawn anew each time), 4 of c.csv."));
}

TEST_F(MixedFiles, OneSetIsReadAsEver) {
  config_.data = file("a.csv", 10, "a");
  config_.shape = Shape::Text;
  const auto read = openDataset(config_, encoder_);
  ASSERT_TRUE(read) << messageOf(read);
  EXPECT_TRUE(read->mix.empty());
  EXPECT_FALSE(says(read->remarks, "An epoch shows"));
}

TEST_F(MixedFiles, AMistakeNamesTheFile) {
  config_.data = file("a.csv", 10, "a");
  config_.shape = Shape::Text;
  config_.mix = {"none.csv=2"};
  EXPECT_TRUE(contains(messageOf(openDataset(config_, encoder_)), "mix: none.csv does not exist"));
  config_.mix = {folder_.write("b.jsonl", R"({"messages": [{"role": "user", "content": "hi"}]})").string()};
  const auto mixed = messageOf(openDataset(config_, encoder_));
  EXPECT_TRUE(contains(mixed, "b.jsonl holds conversations, and the training data plain text"));
  config_.mix = {folder_.write("c.csv", "story\nx\ny\n").string(), folder_.write("d.csv", "x,y\n1,2\n").string()};
  EXPECT_TRUE(contains(messageOf(openDataset(config_, encoder_)), "d.csv"));
}

}  // namespace
}  // namespace rosa::data
