// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include "checkpoint/model_folder.h"
#include "checkpoint/model_writer.h"
#include "checkpoint/tensors.h"
#include "engine/checkpoint/stored_tensors.h"
#include "engine/service/service_fixture.h"

/// Folders whose config.json nests a text half beside a picture half: the text half trains, the rest is carried along.
namespace rosa::test {
namespace {

using checkpoint::Dtype;
using checkpoint::StoredTensor;

constexpr const char* kOlderNames = "language_model.model.";
constexpr const char* kNewerNames = "model.language_model.";

/// What a picture half may hold, in dtypes that nobody computes in here too.
const std::vector<StoredTensor>& pictures() {
  static const std::vector<StoredTensor> all = {
      {"vision_tower.patch.weight", Dtype::BF16, {4, 3, 2, 2}, 1},
      {"vision_tower.embeddings.position_ids", Dtype::I64, {1, 4}, 2},
      {"vision_tower.rotary_emb.inv_freq", Dtype::F16, {2}, 3},
      {"multi_modal_projector.weight", Dtype::F8E4M3, {3, 5}, 4},
  };
  return all;
}

class WholeModel : public ServiceTest, public testing::WithParamInterface<const char*> {
 protected:
  /// A tiny Gemma 3 as the text half of a whole folder, its tensors behind `names`; `head` also stores the token table
  /// as the output layer.
  fs::path wholeFolder(const std::string& names, bool head = false) {
    const auto flat = makeModel("gemma3");
    const auto folder = path("whole" + std::to_string(folders_++));
    fs::create_directory(folder);
    for (const char* file : {"tokenizer.json", "tokenizer_config.json"})
      writeText(folder / file, readText(flat / file));
    writeText(folder / "processor_config.json", "{\"image_seq_length\": 1}\n");
    writeText(folder / "preprocessor_config.json", "{\"size\": 8}\n");
    auto text = nlohmann::ordered_json::parse(readText(flat / "config.json"));
    text.erase("architectures");
    text["tie_word_embeddings"] = false;  // the outer one decides
    const nlohmann::ordered_json config = {{"architectures", {"Gemma3ForConditionalGeneration"}},
                                           {"image_token_index", 511},
                                           {"model_type", "gemma3"},
                                           {"text_config", text},
                                           {"torch_dtype", "bfloat16"},
                                           {"vision_config", {{"model_type", "siglip_vision_model"}}}};
    writeText(folder / "config.json", config.dump(2));
    auto& files = base::FileSystem::real();
    const auto source = checkpoint::ModelFolder::open(files, flat).value();
    auto list = checkpoint::toWrite(pictures());
    for (const auto* entry : source.entries()) {
      const auto tensor = checkpoint::loadTensor(source, entry->name).value();
      const auto bare = entry->name.substr(std::string("model.").size());
      list.push_back(checkpoint::tensorToWrite(names + bare, tensor));
      if (!head || bare != "embed_tokens.weight") continue;
      const bool older = names == kOlderNames;
      list.push_back(checkpoint::tensorToWrite(older ? "language_model.lm_head.weight" : "lm_head.weight", tensor));
    }
    EXPECT_TRUE(checkpoint::writeModelTensors(files, folder, list));
    return folder;
  }

  RunConfig runOn(const fs::path& model, Method method, const std::string& name) {
    auto config = e2eConfig(name);
    config.model = model;
    config.method = method;
    config.rank = Rank{2};
    config.learningRate = 1e-2;
    config.maxLength = 128;
    return config;
  }

  /// `exported` holds every tensor of `model` under its name and the picture half byte for byte.
  static void expectWhole(const fs::path& exported, const fs::path& model) {
    const auto before = checkpoint::ModelFolder::open(base::FileSystem::real(), model).value();
    const auto after = checkpoint::ModelFolder::open(base::FileSystem::real(), exported).value();
    std::set<std::string> names, wanted;
    for (const auto* entry : after.entries()) names.insert(entry->name);
    for (const auto* entry : before.entries()) wanted.insert(entry->name);
    EXPECT_EQ(names, wanted);
    for (const auto& picture : pictures()) {
      const auto* entry = after.find(picture.name);
      ASSERT_NE(entry, nullptr) << picture.name;
      EXPECT_EQ(entry->dtype, picture.dtype) << picture.name;
      EXPECT_EQ(entry->shape, picture.shape) << picture.name;
      EXPECT_EQ(checkpoint::dataOf(after, *entry), picture.data) << picture.name;
    }
  }

  double lossOn(const fs::path& model, const fs::path& adapter = {}) {
    auto data = e2eConfig();
    data.maxLength = 128;
    return lossOf(model, data, adapter);
  }

  int folders_ = 0;
};

TEST_P(WholeModel, WhatIsExportedIsTheWholeFolderWithItsTextHalfTrained) {
  const auto model = wholeFolder(GetParam());
  const auto untrained = lossOn(model);
  for (const auto method : {Method::Rosa, Method::Lora, Method::Full}) {
    const auto name = "run" + std::to_string(static_cast<int>(method));
    const auto run = runOn(model, method, name);
    trainedAsPlanned(run);
    const auto merged = path(name + "-merged");
    const auto report = engine_->exportRun({run.out, merged, "last"});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_LT(report->largestLogitDifference, 1e-5);
    expectWhole(merged, model);
    auto config = readJson(model / "config.json");
    config.erase("torch_dtype");
    config["dtype"] = "float32";
    config["tie_word_embeddings"] = true;
    EXPECT_EQ(readJson(merged / "config.json"), config) << "nested as it was, its class the same";
    for (const char* file : {"processor_config.json", "preprocessor_config.json", "tokenizer.json"}) {
      EXPECT_EQ(readText(merged / file), readText(model / file)) << file;
    }
    EXPECT_LT(lossOn(merged), untrained - 0.03);
    EXPECT_NEAR(lossOn(merged), lossOn(run.out), 1e-5);
  }
}

TEST_P(WholeModel, ATiedTableThatTheFilesHoldTwiceIsWrittenTwice) {
  const auto model = wholeFolder(GetParam(), true);
  const auto run = runOn(model, Method::Full, "run");
  trained(run);
  const auto report = engine_->exportRun({run.out, path("merged"), "last"});
  ASSERT_TRUE(report) << report.error().message;
  expectWhole(path("merged"), model);
  const auto after = checkpoint::ModelFolder::open(base::FileSystem::real(), path("merged")).value();
  const checkpoint::FileTensorSource source(after);
  const bool older = std::string(GetParam()) == kOlderNames;
  const auto table = std::string(GetParam()) + "embed_tokens.weight";
  EXPECT_TRUE(source.equal(table, older ? "language_model.lm_head.weight" : "lm_head.weight").value());
}

TEST_P(WholeModel, AnAdapterNamesTheModulesThatTransformersHas) {
  const auto model = wholeFolder(GetParam());
  const auto run = runOn(model, Method::Lora, "run");
  trained(run);
  const auto report = engine_->exportRun({run.out, path("peft"), "last", ExportForm::Peft});
  ASSERT_TRUE(report) << report.error().message;
  const auto file =
      checkpoint::SafetensorsFile::open(base::FileSystem::real(), path("peft") / "adapter_model.safetensors").value();
  EXPECT_NE(file.find("base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight"), nullptr);
  for (const auto* entry : file.entries()) {
    EXPECT_TRUE(entry->name.starts_with("base_model.model.model.language_model.layers.")) << entry->name;
  }
  const auto merged = engine_->exportRun({path("peft"), path("merged")});
  ASSERT_TRUE(merged) << merged.error().message;
  expectWhole(path("merged"), model);
  EXPECT_NEAR(lossOn(path("merged")), lossOn(run.out), 1e-5);
  EXPECT_NEAR(lossOn(model, path("peft")), lossOn(run.out), 1e-5);
}

TEST_P(WholeModel, AClassifierKeepsThePictureHalfAndNoOutputLayer) {
  const auto model = wholeFolder(GetParam(), true);
  auto run = runOn(model, Method::Rosa, "run");
  run.data = path("data.csv");
  writeText(run.data, "text,label\na cat,yes\na dog,no\na sun,yes\na day,no\n");
  run.task = Task::Classification;
  run.prompt.clear();
  run.completion.clear();
  run.text = "text";
  run.label = "label";
  trained(run);
  const auto report = engine_->exportRun({run.out, path("merged"), "last"});
  ASSERT_TRUE(report) << report.error().message;
  const auto config = readJson(path("merged") / "config.json");
  EXPECT_EQ(config.at("architectures").at(0), "Gemma3ForSequenceClassification");
  EXPECT_EQ(config.at("model_type"), "gemma3");
  EXPECT_TRUE(config.at("text_config").is_object());
  const auto after = checkpoint::ModelFolder::open(base::FileSystem::real(), path("merged")).value();
  EXPECT_NE(after.find("score.weight"), nullptr);
  for (const auto& picture : pictures()) EXPECT_NE(after.find(picture.name), nullptr) << picture.name;
  for (const auto* entry : after.entries()) EXPECT_EQ(entry->name.find("lm_head"), std::string::npos) << entry->name;
  const auto inspected = engine_->inspect(path("merged"));
  ASSERT_TRUE(inspected) << inspected.error().message;
}

TEST_P(WholeModel, ThatThePictureHalfIsCarriedAlongIsTold) {
  const auto model = wholeFolder(GetParam());
  const auto plan = engine_->plan(runOn(model, Method::Rosa, "run"));
  const auto told = std::ranges::find_if(
      plan.remarks, [](const auto& remark) { return remark.find("picture half") != std::string::npos; });
  ASSERT_NE(told, plan.remarks.end());
  expectContains(*told, {model.string(), "carried along untouched", "4 of its ", "byte for byte"});
  EXPECT_TRUE(told->ends_with('.'));
  const auto inspected = engine_->inspect(model);
  ASSERT_TRUE(inspected) << inspected.error().message;
  const auto tensors = std::ranges::find(inspected->facts, "tensors", &std::pair<std::string, std::string>::first);
  ASSERT_NE(tensors, inspected->facts.end());
  expectContains(tensors->second, {"4 of ", "picture half", "carried along untouched"});
  // The picture half costs no memory.
  EXPECT_LT(plan.totalParameters * 4, plan.memory.weightsBytes + 1);
}

INSTANTIATE_TEST_SUITE_P(BothNames, WholeModel, testing::Values(kOlderNames, kNewerNames),
                         [](const auto& found) { return std::string(found.param) == kOlderNames ? "Older" : "Newer"; });

}  // namespace
}  // namespace rosa::test
