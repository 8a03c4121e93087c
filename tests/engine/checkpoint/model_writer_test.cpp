// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/model_writer.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "checkpoint/model_folder.h"
#include "checkpoint/shard_index.h"
#include "engine/checkpoint/stored_tensors.h"
#include "support/process.h"

namespace rosa::checkpoint {
namespace {

class ModelWriterTest : public testing::Test {
 protected:
  ModelWriterTest() { writeText(folder_.path() / "config.json", "{}"); }

  test::TemporaryFolder folder_;
  std::vector<StoredTensor> tensors_ = {
      {"a", Dtype::F32, {10}, 1}, {"b", Dtype::F32, {30}, 2}, {"c", Dtype::F32, {10}, 3}, {"d", Dtype::F32, {10}, 4}};
};

TEST_F(ModelWriterTest, ASmallModelIsOneFileThatTransformersTakes) {
  const auto written = writeModelTensors(realFiles(), folder_.path(), toWrite(tensors_));
  ASSERT_TRUE(written) << written.error().message;
  ASSERT_EQ(written->size(), 1U);
  EXPECT_EQ((*written)[0].name, kWeightsFile);
  EXPECT_EQ((*written)[0].digest.bytes, fs::file_size(folder_.path() / kWeightsFile));
  EXPECT_EQ(namesIn(folder_.path()), (std::vector<std::string>{"config.json", kWeightsFile}));

  const auto model = ModelFolder::open(realFiles(), folder_.path());
  ASSERT_TRUE(model) << model.error().message;
  expectHolds(*model, tensors_);
  EXPECT_EQ(model->shards()[0].metadata(), (Metadata{{"format", "pt"}}));
}

TEST_F(ModelWriterTest, ALargeOneIsDividedBetweenTensorsAndIndexed) {
  // 40, 120, 40 and 40 bytes: b is larger than a shard and stands alone; a and c fill the next, as huggingface_hub's
  // split_state_dict_into_shards_factory has it.
  const auto written = writeModelTensors(realFiles(), folder_.path(), toWrite(tensors_), 100);
  ASSERT_TRUE(written) << written.error().message;
  std::set<std::string> names;
  for (const auto& file : *written) {
    names.insert(file.name);
    const auto digest = base::digestFile(realFiles(), folder_.path() / file.name);
    ASSERT_TRUE(digest);
    EXPECT_EQ(digest->sha256, file.digest.sha256) << file.name;
  }
  EXPECT_EQ(names, (std::set<std::string>{"model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors",
                                          "model-00003-of-00003.safetensors", kIndexFile}));
  const auto index = readShardIndex(realFiles(), folder_.path() / kIndexFile);
  ASSERT_TRUE(index) << index.error().message;
  const std::map<std::string, std::string> expected = {{"a", "model-00002-of-00003.safetensors"},
                                                       {"b", "model-00001-of-00003.safetensors"},
                                                       {"c", "model-00002-of-00003.safetensors"},
                                                       {"d", "model-00003-of-00003.safetensors"}};
  EXPECT_EQ(index->shardOfTensor, expected);
  // json.dumps(indent=2, sort_keys=True) of transformers 5.24.
  EXPECT_TRUE(readText(folder_.path() / kIndexFile)
                  .starts_with("{\n  \"metadata\": {\n    \"total_parameters\": 60,\n    \"total_size\": 240\n  },\n"
                               "  \"weight_map\": {\n    \"a\": \"model-00002-of-00003.safetensors\",\n"));

  const auto model = ModelFolder::open(realFiles(), folder_.path());
  ASSERT_TRUE(model) << model.error().message;
  expectHolds(*model, tensors_);
  EXPECT_EQ(model->totalBytes(), 240U);
  EXPECT_EQ(model->totalNumbers(), 60);
}

TEST_F(ModelWriterTest, TwoTensorsOfOneNameAreRefusedEvenInDifferentShards) {
  tensors_.emplace_back("a", Dtype::F32, std::vector<std::int64_t>{30}, 5);
  const auto written = writeModelTensors(realFiles(), folder_.path(), toWrite(tensors_), 100);
  ASSERT_FALSE(written);
  expectPlainSentence(written.error().message, "a");
}

}  // namespace
}  // namespace rosa::checkpoint
