// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/export_proof.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "checkpoint/model_folder.h"
#include "checkpoint/model_writer.h"
#include "checkpoint/tensors.h"
#include "engine/service/service_fixture.h"
#include "train/opened_model.h"

/// An export is proven from its files alone: what a run drew at random is among them, or nothing is written.
namespace rosa::test {
namespace {

class ExportProof : public ServiceTest {
 protected:
  static std::string problem(const Expected<ExportReport>& report) {
    EXPECT_FALSE(report);
    return report ? "" : report.error().message;
  }
  /// A copy of a model folder without the tensors whose name holds `part`.
  fs::path without(const fs::path& model, const std::string& part) {
    return copied(model, path(model.filename().string() + "-without-" + part), part, {});
  }
  /// The folder with a pooler, which a BERT made to guess words has not.
  fs::path withPooler(const fs::path& model) {
    return copied(model, path(model.filename().string() + "-whole"), "pooler",
                  {checkpoint::tensorToWrite("bert.pooler.dense.weight", at::full({64, 64}, 0.01)),
                   checkpoint::tensorToWrite("bert.pooler.dense.bias", at::full({64}, 0.02))});
  }
  /// The tensors whose names lack `part`, and those given.
  fs::path copied(const fs::path& model, const fs::path& to, const std::string& part,
                  std::vector<checkpoint::TensorToWrite> tensors) {
    const auto opened = checkpoint::ModelFolder::open(base::FileSystem::real(), model);
    EXPECT_TRUE(opened);
    fs::create_directory(to);
    for (const auto& entry : fs::directory_iterator(model)) {
      if (entry.path().extension() != ".safetensors") fs::copy_file(entry.path(), to / entry.path().filename());
    }
    for (const auto* entry : opened->entries()) {
      if (entry->name.find(part) != std::string::npos) continue;
      auto tensor = checkpoint::loadTensor(*opened, entry->name);
      EXPECT_TRUE(tensor);
      tensors.push_back(checkpoint::tensorToWrite(entry->name, *tensor));
    }
    EXPECT_TRUE(checkpoint::writeModelTensors(base::FileSystem::real(), to, tensors));
    return to;
  }
  RunConfig classifierConfig(const fs::path& model, Method method, const std::string& name) {
    std::string rows = "text,label\n";
    for (int row = 0; row < 24; ++row) rows += row % 2 == 0 ? "a good day,yes\n" : "no way,no\n";
    writeText(path("rows.csv"), rows);
    auto run = e2eConfig(name);
    run.model = model;
    run.data = path("rows.csv");
    run.task = Task::Classification;
    run.text = "text";
    run.label = "label";
    run.prompt.clear();
    run.completion.clear();
    run.maxLength = 32;
    run.method = method;
    run.rank = Rank{std::int64_t{2}};
    run.learningRate = 5e-3;
    run.validationSplit = 0;
    run.evalEvery = {};
    run.dropout = 0;
    return run;
  }
  static std::vector<std::string> namesIn(const fs::path& folder) {
    const auto file = checkpoint::SafetensorsFile::open(base::FileSystem::real(), folder / "adapter_model.safetensors");
    EXPECT_TRUE(file);
    std::vector<std::string> names;
    for (const auto* entry : file->entries()) names.push_back(entry->name);
    return names;
  }
};

// PEFT 0.21.2 in a fresh process had accuracy 1.0 or 0.0 by the seed with an adapter that lacks it.
TEST_F(ExportProof, APoolerThatTheRunDrewIsInTheAdapter) {
  const auto model = without(makeModel("bert"), "pooler");
  for (const auto method : {Method::Lora, Method::Rosa, Method::Ia3, Method::Prompt, Method::Prefix}) {
    const auto name = std::to_string(static_cast<int>(method));
    const auto run = classifierConfig(model, method, "run" + name);
    trained(run);
    const auto report = engine_->exportRun({run.out, path("peft" + name), "last", ExportForm::Peft});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->equal) << report->largestLogitDifference;
    EXPECT_GT(report->comparedTensors, 20);
    EXPECT_GT(report->comparedTexts, 1);
    const auto names = namesIn(path("peft" + name));
    const bool beside = method == Method::Prompt || method == Method::Prefix;
    for (const char* tensor : {"bert.pooler.dense.weight", "bert.pooler.dense.bias"}) {
      const auto stored = std::string(beside ? "base_model." : "base_model.model.") + tensor;
      EXPECT_NE(std::ranges::find(names, stored), names.end()) << stored;
    }
    const auto modules = readJson(path("peft" + name) / "adapter_config.json").at("modules_to_save");
    EXPECT_NE(std::ranges::find(modules, json("bert.pooler.dense")), modules.end()) << modules.dump();
  }
}

TEST_F(ExportProof, APoolerThatNoFileHoldsIsNamedAndTheBaseThatHasItIsTheWayOut) {
  const auto whole = withPooler(makeModel("bert"));
  const auto run = classifierConfig(whole, Method::Lora, "run");
  trained(run);
  ASSERT_TRUE(engine_->exportRun({run.out, path("peft"), "last", ExportForm::Peft}));
  const auto bare = without(whole, "pooler");
  const auto before = everything();
  expectContains(problem(engine_->exportRun({path("peft"), path("merged"), "last", ExportForm::Merged, 0, bare})),
                 {path("peft").string(), bare.string(), "bert.pooler.dense.weight", "--model"});
  EXPECT_EQ(everything(), before);
  EXPECT_TRUE(engine_->exportRun({path("peft"), path("merged"), "last", ExportForm::Merged, 0, whole}));
}

TEST_F(ExportProof, ARankThatLeavesAPartOutIsNoEqualExport) {
  auto run = e2eConfig();
  run.learningRate = 2e-2;
  run.resampleEvery = {Interval::Unit::Steps, 1};
  trained(run);
  const auto one = engine_->exportRun({run.out, path("one"), "last", ExportForm::Peft, 1});
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_FALSE(one->equal);
  EXPECT_GT(one->largestLogitDifference, one->tolerance);
  EXPECT_GT(one->residual, 0.1);
  expectContains(readText(path("one") / "README.md"), {"answers differ"});
  const auto merged = engine_->exportRun({run.out, path("merged"), "last"});
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_TRUE(merged->equal);
  const auto base = checkpoint::ModelFolder::open(base::FileSystem::real(), path("merged"));
  ASSERT_TRUE(base);
  EXPECT_EQ(merged->comparedTensors, static_cast<std::int64_t>(base->entries().size()));
  EXPECT_GE(merged->comparedTexts, 1);
}

TEST_F(ExportProof, AFolderThatDiffersInOneTensorIsNotTheModel) {
  const auto folder = makeModel("llama");
  const auto model = train::openModel(folder, {});
  ASSERT_TRUE(model);
  service::Live live;
  live.tensors = (*model)->tensors();
  live.batch.tokenIds = at::arange(8, at::kLong);
  live.batch.positionIds = at::arange(8, at::kLong);
  live.batch.offsets = {0, 8};
  live.logits = (*model)->logits(live.batch);
  ExportReport report;
  const auto same = service::proveModel(folder, live, c10::DeviceType::CPU, report);
  EXPECT_TRUE(same) << same.error().message;
  EXPECT_EQ(report.largestLogitDifference, 0);
  EXPECT_TRUE(report.equal);

  for (auto& stored : live.tensors) {
    if (stored.name != "model.norm.weight") continue;
    stored.tensor = stored.tensor.clone();
    stored.tensor[0] += 1e-7;
    ExportReport other;
    const auto status = service::proveModel(folder, live, c10::DeviceType::CPU, other);
    ASSERT_FALSE(status);
    expectContains(status.error().message, {"model.norm.weight", "Nothing was written"});
  }
}

// PEFT 0.21.2 does so when it merges such an adapter, and its logits are in tests/golden/adapters.
TEST_F(ExportProof, ASavedOutputLayerUntiesTheModelThatIsWritten) {
  const auto golden = sourceDirectory() / "tests" / "golden" / "adapters";
  const auto report = engine_->exportRun({golden / "tied-head", path("untied"), "last", ExportForm::Merged});
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_EQ(report->remarks.size(), 1U);
  expectContains(report->remarks.front(), {"tie_word_embeddings", "false"});
  EXPECT_EQ(readJson(path("untied") / "config.json").at("tie_word_embeddings"), false);
  const auto untied = checkpoint::ModelFolder::open(base::FileSystem::real(), path("untied"));
  ASSERT_TRUE(untied);
  EXPECT_NE(untied->find("lm_head.weight"), nullptr);
  EXPECT_NE(untied->find("model.embed_tokens.weight"), nullptr);

  const auto ensured = engine_->exportRun({golden / "tied-ensured", path("tied"), "last", ExportForm::Merged});
  ASSERT_TRUE(ensured) << ensured.error().message;
  EXPECT_TRUE(ensured->remarks.empty());
  EXPECT_EQ(readJson(path("tied") / "config.json").at("tie_word_embeddings"), true);
}

}  // namespace
}  // namespace rosa::test
