// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/dataset.h"

#include <gtest/gtest.h>

#include <numeric>

#include "temporary_folder.h"
#include "word_encoder.h"

namespace rosa::data {
namespace {

std::string rows(int count) {
  std::string text = "text\n";
  for (int i = 0; i < count; ++i) text += "row r" + std::to_string(i) + "\n";
  return text;
}

class DatasetTest : public testing::Test {
 protected:
  DatasetTest() { config_.data = folder_.path(); }
  TemporaryFolder folder_;
  WordEncoder encoder_;
  RunConfig config_;
};

TEST_F(DatasetTest, AFolderHoldsTrainingAndValidationParts) {
  folder_.write("trainset.csv", rows(5));
  folder_.write("testset.csv", rows(1));
  folder_.write("devset.csv", rows(2));
  folder_.write("README.md", "not data");
  const auto files = locateData(folder_.path());
  ASSERT_TRUE(files) << messageOf(files);
  EXPECT_EQ(files->train.filename(), "trainset.csv");
  EXPECT_EQ(files->validation->filename(), "devset.csv");
  const auto dataset = openDataset(config_, encoder_);
  ASSERT_TRUE(dataset) << messageOf(dataset);
  EXPECT_EQ(dataset->train.examples.size(), 5U);
  EXPECT_EQ(dataset->validation.examples.size(), 2U);
}

TEST_F(DatasetTest, ValidationPrefersTheTrainingFilesFormat) {
  folder_.write("train.jsonl", "{\"text\":\"a b\"}\n");
  folder_.write("valid.csv", rows(1));
  folder_.write("Valid.jsonl", "{\"text\":\"a b\"}\n");
  EXPECT_EQ(locateData(folder_.path())->validation->filename(), "Valid.jsonl");
}

TEST_F(DatasetTest, APathThatDoesNotExistSaysSo) {
  EXPECT_TRUE(contains(messageOf(locateData(folder_.path() / "none")), "none does not exist"));
  config_.data = folder_.write("train.csv", rows(5));
  config_.valid = folder_.path() / "none.csv";
  EXPECT_TRUE(contains(messageOf(openDataset(config_, encoder_)), "none.csv"));
}

TEST_F(DatasetTest, FoldersWithoutOrWithTwoTrainingPartsSaySo) {
  EXPECT_TRUE(contains(messageOf(locateData(folder_.path())), "holds no train.csv"));
  folder_.write("train.csv", rows(1));
  folder_.write("train.txt", "x");
  EXPECT_TRUE(contains(messageOf(locateData(folder_.path())), "holds train.csv, train.txt: name the one to use"));
}

TEST_F(DatasetTest, TheNamedValidationFileComesBeforeTheFolders) {
  folder_.write("train.csv", rows(5));
  folder_.write("dev.csv", rows(2));
  config_.valid = folder_.write("other.csv", rows(3));
  config_.maxRows = 1;
  const auto dataset = openDataset(config_, encoder_);
  ASSERT_TRUE(dataset) << messageOf(dataset);
  EXPECT_EQ(dataset->train.examples.size(), 1U);
  EXPECT_EQ(dataset->validation.examples.size(), 3U);
}

TEST_F(DatasetTest, WithoutValidationFileAShareOfTheRowsIsHeldOut) {
  config_.data = folder_.write("train.csv", rows(100));
  config_.validationSplit = 0.1;
  auto dataset = openDataset(config_, encoder_);
  ASSERT_TRUE(dataset) << messageOf(dataset);
  EXPECT_EQ(dataset->train.examples.size(), 90U);
  EXPECT_EQ(dataset->validation.examples.size(), 10U);
  std::vector<std::int32_t> words;
  for (const auto* set : {&dataset->train, &dataset->validation}) {
    for (const auto& example : set->examples) words.push_back(example.tokenIds[1]);
  }
  std::ranges::sort(words);
  EXPECT_EQ(std::ranges::adjacent_find(words), words.end());

  config_.validationSplit = 0;
  EXPECT_TRUE(openDataset(config_, encoder_)->validation.examples.empty());
}

TEST_F(DatasetTest, HeldOutRowsShareTheTrainingSetsClasses) {
  config_.data = folder_.write("train.csv", "text,label\na,x\nb,y\nc,z\nd,x\n");
  config_.task = Task::Classification;
  config_.validationSplit = 0.5;
  const auto dataset = openDataset(config_, encoder_);
  ASSERT_TRUE(dataset) << messageOf(dataset);
  EXPECT_EQ(dataset->validation.labels.names(), dataset->train.labels.names());
  EXPECT_EQ(dataset->validation.kind, TargetKind::Class);
}

TEST_F(DatasetTest, RemarksSayWhatWasCutOrLeftOut) {
  folder_.write("train.csv", "text\na b c d e\na b\n\"\"\n");
  folder_.write("dev.csv", rows(1));
  config_.maxLength = 4;
  const auto dataset = openDataset(config_, encoder_);
  ASSERT_TRUE(dataset) << messageOf(dataset);
  ASSERT_EQ(dataset->remarks.size(), 2U);
  EXPECT_EQ(dataset->remarks[0],
            "1 of 2 examples of train.csv is cut to 4 tokens and loses its end, and with it the end token from which "
            "the model learns to stop; raise max-length to keep it whole.");
  EXPECT_EQ(dataset->remarks[1], "1 row of train.csv is left out: within 4 tokens it holds nothing to predict.");
}

TEST_F(DatasetTest, AHeaderThatOnlyOneOfTheFilesHasIsTold) {
  config_.data = folder_.write("train.csv", "text,label\na,x\nb,y\n");
  config_.valid = folder_.write("valid.csv", "a,x\nb,y\n");
  config_.task = Task::Classification;
  config_.text = "1";
  config_.label = "2";
  config_.header = Reading::Yes;
  auto dataset = openDataset(config_, encoder_);
  ASSERT_TRUE(dataset) << messageOf(dataset);
  EXPECT_EQ(dataset->validation.examples.size(), 1U);
  ASSERT_EQ(dataset->remarks.size(), 1U);
  EXPECT_EQ(
      dataset->remarks[0],
      "--header yes holds for both files: the first row of valid.csv, which differs from that of train.csv, is read "
      "as the names of its columns and not as data.");
  config_.valid = folder_.write("with.csv", "text,label\na,x\nb,y\n");
  dataset = openDataset(config_, encoder_);
  ASSERT_TRUE(dataset) << messageOf(dataset);
  EXPECT_TRUE(dataset->remarks.empty());
}

TEST_F(DatasetTest, EachExampleKnowsWhetherItsEndWasCut) {
  config_.data = folder_.write("train.csv", "text\na b c d e\na b\na b c d\n");
  config_.maxLength = 4;
  config_.validationSplit = 0;
  const auto dataset = openDataset(config_, encoder_);
  ASSERT_TRUE(dataset) << messageOf(dataset);
  ASSERT_EQ(dataset->train.examples.size(), 3U);
  EXPECT_TRUE(dataset->train.examples[0].truncated);
  EXPECT_FALSE(dataset->train.examples[1].truncated);
  EXPECT_TRUE(dataset->train.examples[2].truncated) << "only the end token did not fit";
  EXPECT_EQ(dataset->train.truncated, 2);
  EXPECT_EQ(dataset->train.lostEnds, 2);
}

TEST_F(DatasetTest, ACompletionThatIsCutCountsAsOneThatLostItsEndToken) {
  config_.data = folder_.write("train.csv", "prompt,completion\na b,c\na b,c d e f\na b c d e f,g\n");
  config_.task = Task::Completion;
  config_.prompt = "prompt";
  config_.completion = "completion";
  config_.maxLength = 5;
  config_.validationSplit = 0;
  const auto dataset = openDataset(config_, encoder_);
  ASSERT_TRUE(dataset) << messageOf(dataset);
  EXPECT_EQ(dataset->train.examples.size(), 2U);
  EXPECT_EQ(dataset->train.truncated, 1);
  EXPECT_EQ(dataset->train.lostEnds, 1);
  EXPECT_EQ(dataset->train.dropped, 1) << "its prompt alone fills max-length";
}

TEST_F(DatasetTest, AnEvaluationReadsTheValidationPartOrTheNamedFile) {
  folder_.write("train.csv", rows(5));
  folder_.write("dev.csv", rows(2));
  std::vector<std::string> remarks;
  EXPECT_EQ(openEvaluationSet(config_, encoder_, nullptr, remarks)->examples.size(), 2U);
  config_.data = folder_.path() / "train.csv";
  EXPECT_EQ(openEvaluationSet(config_, encoder_, nullptr, remarks)->examples.size(), 5U);
  EXPECT_TRUE(remarks.empty());
  config_.maxLength = 2;
  EXPECT_EQ(openEvaluationSet(config_, encoder_, nullptr, remarks)->truncated, 5);
  ASSERT_EQ(remarks.size(), 1U);
  EXPECT_TRUE(contains(remarks[0], "5 of 5 examples of train.csv are cut to 2 tokens"));
}

}  // namespace
}  // namespace rosa::data
