// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "checkpoint/model_folder.h"
#include "checkpoint/model_writer.h"
#include "checkpoint/shard_index.h"
#include "engine/checkpoint/stored_tensors.h"
#include "support/golden.h"
#include "support/process.h"

/// Folders that save_pretrained wrote (golden/README.md, models).
namespace rosa::checkpoint {
namespace {

fs::path modelsFolder() {
  return test::goldenDirectory() / "models";
}

std::vector<std::string> modelNames() {
  std::vector<std::string> names;
  if (!fs::exists(modelsFolder())) return names;
  for (const auto& entry : fs::directory_iterator(modelsFolder())) {
    if (fs::exists(entry.path() / "config.json")) names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

class SavedModel : public testing::TestWithParam<std::string> {
 protected:
  fs::path folder_ = modelsFolder() / GetParam();
};

TEST_P(SavedModel, OpensWithTheDtypeThatItsConfigStates) {
  const auto model = ModelFolder::open(realFiles(), folder_);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_FALSE(model->entries().empty());
  const auto& config = model->config();
  const auto stated = config.contains("dtype") ? config.at("dtype").get<std::string>() : "float32";
  const std::string expected = stated == "bfloat16" ? "bf16" : stated == "float16" ? "fp16" : "fp32";
  EXPECT_EQ(model->dtypeSummary(), expected);
}

TEST_P(SavedModel, IsWrittenAgainByteForByte) {
  const auto model = ModelFolder::open(realFiles(), folder_);
  ASSERT_TRUE(model) << model.error().message;
  const test::TemporaryFolder temporary;
  for (const auto& shard : model->shards()) {
    std::vector<TensorToWrite> tensors;
    for (const auto* entry : shard.entries()) {
      tensors.push_back({entry->name, entry->dtype, entry->shape,
                         [&shard, entry](const ByteSink& sink) { return sink(dataOf(shard, *entry)); }});
    }
    const auto again = temporary.path() / shard.path().filename();
    const auto written = writeSafetensors(realFiles(), again, tensors, shard.metadata());
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_TRUE(readText(again) == readText(shard.path())) << shard.path();
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SavedModel);
INSTANTIATE_TEST_SUITE_P(Golden, SavedModel, testing::ValuesIn(modelNames()), [](const auto& tested) {
  std::string name = tested.param;
  std::ranges::replace_if(
      name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

TEST(ShardedModel, HoldsTheTensorsOfTheSingleFile) {
  const auto single = ModelFolder::open(realFiles(), modelsFolder() / "llama");
  const auto sharded = ModelFolder::open(realFiles(), modelsFolder() / "llama-sharded");
  if (!single || !sharded) GTEST_SKIP() << "no llama and llama-sharded in " << modelsFolder();
  EXPECT_GT(sharded->shards().size(), 1U);
  ASSERT_EQ(sharded->entries().size(), single->entries().size());
  for (const auto* entry : single->entries()) {
    const auto* same = sharded->find(entry->name);
    ASSERT_NE(same, nullptr) << entry->name;
    EXPECT_EQ(dataOf(*sharded, *same), dataOf(*single, *entry)) << entry->name;
  }
}

}  // namespace
}  // namespace rosa::checkpoint
