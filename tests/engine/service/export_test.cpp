// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdint>
#include <cstring>
#include <limits>

#include "base/file.h"
#include "base/sha256.h"
#include "checkpoint/checkpoint_folder.h"
#include "checkpoint/manifest.h"
#include "checkpoint/model_folder.h"
#include "engine/service/service_fixture.h"

namespace rosa::test {
namespace {

class Export : public ServiceTest {
 protected:
  [[nodiscard]] static std::string problem(const Expected<ExportReport>& report) {
    return report ? "exported" : report.error().message;
  }
};

TEST_F(Export, AWholeExportIsNoFailureBecauseItsEventCannotBeWritten) {
  const auto run = e2eConfig();
  trained(run);
  fs::remove(run.out / "events.jsonl");
  fs::create_directory(run.out / "events.jsonl");
  const auto report = engine_->exportRun({run.out, path("merged"), "last"});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(fs::exists(path("merged") / "model.safetensors"));
  ASSERT_FALSE(report->remarks.empty());
  expectContains(report->remarks.back(), {"The export is whole", "History", "events.jsonl"});
}

TEST_F(Export, TheFolderIsCompleteAndTheDifferenceIsRecorded) {
  const auto run = e2eConfig();
  trained(run);
  const auto report = engine_->exportRun({run.out, path("merged"), "last"});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->step, 4);
  EXPECT_LT(report->largestLogitDifference, 1e-4);
  EXPECT_GT(report->comparedLogits, 512);

  std::set<std::string> files;
  for (const auto& entry : fs::directory_iterator(path("merged"))) files.insert(entry.path().filename().string());
  EXPECT_EQ(files, std::set<std::string>(report->files.begin(), report->files.end()));
  for (const char* name : {"config.json", "model.safetensors", "generation_config.json", "README.md", "tokenizer.json",
                           "tokenizer_config.json", "special_tokens_map.json"}) {
    EXPECT_TRUE(files.contains(name)) << name;
  }
  for (const char* name : {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"}) {
    EXPECT_EQ(readText(path("merged") / name), readText(sampleModel() / name)) << name;
  }
  expectContains(readText(path("merged") / "README.md"), {"stories260k", "rosa", "rank", "perplexity", "difference"});

  const auto runs = engine_->runs();
  ASSERT_TRUE(runs) << runs.error().message;
  ASSERT_EQ(runs->size(), 1U);
  EXPECT_EQ(runs->front().lastExport, path("merged").string());
  EXPECT_EQ(runs->front().exportDifference, report->largestLogitDifference);
}

TEST_F(Export, ChatTemplatesOfAllPlacesComeAlongByteForByte) {
  auto run = e2eConfig();
  run.model = copyOfSampleModel();
  fs::create_directory(run.model / "additional_chat_templates");
  const std::vector<std::string> places{"chat_template.jinja", "chat_template.json",
                                        "additional_chat_templates/tool_use.jinja"};
  for (const auto& place : places) writeText(run.model / place, "{# of " + place + " #}\r\n\n");
  trained(run);
  const auto report = engine_->exportRun({run.out, path("merged"), "last"});
  ASSERT_TRUE(report) << report.error().message;
  for (const auto& place : places) EXPECT_EQ(readText(path("merged") / place), readText(run.model / place)) << place;
}

TEST_F(Export, KeysOfTheBasesConfigAreKeptAndWhatChangedIsWritten) {
  auto run = e2eConfig();
  run.model = copyOfSampleModel();
  auto config = readJson(run.model / "config.json");
  config["my_own_key"] = {{"kept", true}};
  config.erase("dtype");
  config["torch_dtype"] = "bfloat16";
  writeText(run.model / "config.json", config.dump());
  trained(run);
  ASSERT_TRUE(engine_->exportRun({run.out, path("merged"), "last"}));
  const auto exported = readJson(path("merged") / "config.json");
  config.erase("torch_dtype");
  config["dtype"] = "float32";
  EXPECT_EQ(exported, config);
}

TEST_F(Export, ATiedMatrixIsWrittenOnce) {
  auto run = e2eConfig();
  run.model = makeModel("gpt2");
  run.maxLength = 128;
  for (const auto method : {Method::Rosa, Method::Full}) {
    run.method = method;
    run.out = path(method == Method::Full ? "full" : "rosa");
    trained(run);
    const auto merged = path(run.out.filename().string() + "-merged");
    const auto report = engine_->exportRun({run.out, merged, "last"});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_LT(report->largestLogitDifference, 1e-5);
    const auto base = checkpoint::ModelFolder::open(base::FileSystem::real(), run.model);
    const auto model = checkpoint::ModelFolder::open(base::FileSystem::real(), merged);
    ASSERT_TRUE(base && model);
    EXPECT_EQ(model->entries().size(), base->entries().size());
    EXPECT_EQ(model->find("lm_head.weight"), nullptr);
    EXPECT_EQ(model->dtypeSummary(), "fp32");
    for (const auto* entry : base->entries()) {
      const auto* same = model->find(entry->name);
      ASSERT_NE(same, nullptr) << entry->name;
      EXPECT_EQ(same->shape, entry->shape) << entry->name;
    }
    EXPECT_EQ(readJson(merged / "config.json").at("tie_word_embeddings"), true);
  }
}

TEST_F(Export, ADestinationThatIsTakenIsLeftAsItIs) {
  const auto run = e2eConfig();
  trained(run);
  fs::create_directory(path("mine"));
  writeText(path("mine") / "file", "text");
  const auto before = everything();
  expectContains(problem(engine_->exportRun({run.out, path("mine"), "last"})),
                 {path("mine").string(), "not an empty folder", "Choose another"});
  EXPECT_EQ(everything(), before);
  fs::create_directory(path("empty"));
  EXPECT_TRUE(engine_->exportRun({run.out, path("empty"), "last"})) << "an empty folder is as good as none";
}

TEST_F(Export, TheCheckpointIsChosenByStepOrByTheBestEvaluation) {
  auto run = e2eConfig();
  run.saveEvery = {Interval::Unit::Steps, 1};
  run.evalEvery = {Interval::Unit::Steps, 1};
  run.keepCheckpoints = 10;
  trained(run);
  const auto step = engine_->exportRun({run.out, path("second"), "2"});
  ASSERT_TRUE(step) << step.error().message;
  EXPECT_EQ(step->step, 2);
  const auto best = engine_->exportRun({run.out, path("best"), "best"});
  ASSERT_TRUE(best) << best.error().message;
  EXPECT_NE(readText(path("second") / "model.safetensors"), readText(path("best") / "model.safetensors"));

  const auto before = everything();
  expectContains(problem(engine_->exportRun({run.out, path("other"), "77"})), {"77", "1, 2, 3, 4"});
  expectContains(problem(engine_->exportRun({run.out, path("other"), "newest"})), {"newest", "best, last"});
  EXPECT_EQ(everything(), before);
}

TEST_F(Export, ABaseModelThatChangedSinceIsRefusedAndNothingIsMade) {
  auto run = e2eConfig();
  run.model = copyOfSampleModel();
  trained(run);
  writeText(run.model / "model.safetensors", readText(run.model / "model.safetensors").replace(700000, 4, "abcd"));
  const auto before = everything();
  expectContains(problem(engine_->exportRun({run.out, path("merged"), "last"})), {run.model.string(), "changed"});
  fs::remove_all(run.model);
  expectContains(problem(engine_->exportRun({run.out, path("merged"), "last"})), {run.model.string()});
  for (const auto& there : everything()) EXPECT_TRUE(before.contains(there)) << there << " was made";
}

/// Makes a number of a checkpoint's tensor NaN, as if it had been trained so.
void spoil(const fs::path& checkpoint, const std::string& tensor) {
  const auto file = checkpoint / "state.safetensors";
  auto bytes = readText(file);
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof header);
  const auto table = json::parse(bytes.substr(8, header));
  const auto begin = table.at(tensor).at("data_offsets").at(0).get<std::size_t>();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(bytes.data() + 8 + header + begin, &nan, sizeof nan);
  writeText(file, bytes);
  auto& files = base::FileSystem::real();
  auto manifest = *checkpoint::readManifest(files, checkpoint);
  manifest.files["state.safetensors"] = *base::digestFile(files, file);
  writeText(checkpoint / "manifest.json", checkpoint::formatManifest(manifest));
}

TEST_F(Export, WeightsThatAreNotFiniteAreRefusedByName) {
  auto run = e2eConfig();
  run.form = Form::Merged;
  trained(run);
  const std::string layer = "model.layers.2.mlp.down_proj";
  spoil(checkpoint::checkpointPath(run.out / "checkpoints", 4), "model." + layer + ".weight");
  const auto before = everything();
  expectContains(problem(engine_->exportRun({run.out, path("merged"), "last"})), {layer, "not finite", "lower"});
  EXPECT_EQ(everything(), before);
}

TEST_F(Export, FactorsThatAreNotFiniteAreRefusedByName) {
  auto run = e2eConfig();
  run.method = Method::Lora;
  trained(run);
  const std::string factor = "model.layers.2.mlp.down_proj.weight:A";
  spoil(checkpoint::checkpointPath(run.out / "checkpoints", 4), "arena." + factor + ".value");
  const auto before = everything();
  ExportRequest request{run.out, path("adapter"), "last"};
  request.as = ExportForm::Peft;
  expectContains(problem(engine_->exportRun(request)), {factor, "not finite"});
  EXPECT_EQ(everything(), before);
}

TEST_F(Export, ARunThatNeverSavedSaysSo) {
  auto run = e2eConfig();
  Recorder events;
  {
    const auto started = engine_->train(run, events);
    ASSERT_TRUE(started);
    (*started)->stop(StopMode::Discard);
    (*started)->wait();
  }
  if (!events.all<CheckpointSaved>().empty()) GTEST_SKIP() << "the run was over before it could be stopped";
  expectContains(problem(engine_->exportRun({run.out, path("merged"), "last"})), {run.out.string(), "no checkpoint"});
}

}  // namespace
}  // namespace rosa::test
