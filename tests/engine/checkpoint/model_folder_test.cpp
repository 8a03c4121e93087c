// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/model_folder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "checkpoint/model_writer.h"
#include "checkpoint/shard_index.h"
#include "engine/checkpoint/stored_tensors.h"
#include "support/process.h"

namespace rosa::checkpoint {
namespace {

class ModelFolderTest : public testing::Test {
 protected:
  void writeConfig(const std::string& text = "{\"model_type\": \"gpt2\"}") {
    writeText(folder_.path() / "config.json", text);
  }
  void writeWeights(const std::vector<StoredTensor>& tensors) {
    ASSERT_TRUE(writeModelTensors(realFiles(), folder_.path(), toWrite(tensors)));
  }
  [[nodiscard]] std::string problem() const { return problem(folder_.path()); }
  [[nodiscard]] static std::string problem(const fs::path& path) {
    const auto opened = ModelFolder::open(realFiles(), path);
    return opened ? "opened" : opened.error().message;
  }

  test::TemporaryFolder folder_;
};

TEST_F(ModelFolderTest, EveryMissingPartIsNamedWithItsRemedy) {
  const auto absent = folder_.path() / "absent";
  expectPlainSentence(problem(absent), absent.string());
  writeText(folder_.path() / "file", "text");
  expectPlainSentence(problem(folder_.path() / "file"), "is not a folder");
  expectPlainSentence(problem(), "has no config.json");
  writeConfig("[1, 2]");
  expectPlainSentence(problem(), "config.json is not a JSON object");
  writeConfig("{\"a\": 1, \"a\": 2}");
  expectPlainSentence(problem(), "config.json");
  writeConfig();
  expectPlainSentence(problem(), "has no model.safetensors");
}

TEST_F(ModelFolderTest, APickleIsNeverReadButNamed) {
  writeConfig();
  writeText(folder_.path() / "pytorch_model.bin", "\x80\x02");
  expectPlainSentence(problem(), "pytorch_model.bin");
}

TEST_F(ModelFolderTest, DtypesAreSummedUpByTheBytesTheyTake) {
  writeConfig();
  writeWeights({{"w", Dtype::BF16, {100}}, {"norm", Dtype::F32, {4}}, {"positions", Dtype::I64, {1000}}});
  const auto model = ModelFolder::open(realFiles(), folder_.path());
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->dtypeSummary(), "bf16 and fp32");
  EXPECT_EQ(model->totalNumbers(), 1104);
  EXPECT_EQ(model->config().at("model_type"), "gpt2");
}

TEST_F(ModelFolderTest, TheLicenceIsTheModelCardsOrTheLicenceFiles) {
  const auto license = [&] { return statedLicense(realFiles(), folder_.path()); };
  EXPECT_EQ(license(), "");
  writeText(folder_.path() / "LICENSE", "\nMIT License\n\nCopyright");
  EXPECT_EQ(license(), "MIT License");
  writeText(folder_.path() / "README.md", "---\ntags:\n- x\nlicense: \"apache-2.0\"\n---\nlicense: other\n");
  EXPECT_EQ(license(), "apache-2.0");
  writeText(folder_.path() / "README.md", "# A model\nlicense: not front matter\n");
  EXPECT_EQ(license(), "MIT License");
}

}  // namespace
}  // namespace rosa::checkpoint
