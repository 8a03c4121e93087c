// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/import_gguf.h"

#include "engine/service/service_fixture.h"

/// A GGUF file wherever a model is asked for, and back to a folder.
namespace rosa::test {
namespace {

class ImportGguf : public ServiceTest {
 protected:
  fs::path sampleAsGguf(GgufType type = GgufType::F32) {
    auto file = path("sample.gguf");
    const auto report =
        engine_->exportRun({.runDirectory = sampleModel(), .destination = file, .as = ExportForm::Gguf, .type = type});
    EXPECT_TRUE(report) << report.error().message;
    return file;
  }
  [[nodiscard]] std::vector<fs::path> importedFolders() const {
    std::vector<fs::path> folders;
    if (!fs::exists(home() / "imported")) return folders;
    for (const auto& outer : fs::directory_iterator(home() / "imported")) {
      for (const auto& inner : fs::directory_iterator(outer.path())) folders.push_back(inner.path());
    }
    return folders;
  }
};

TEST_F(ImportGguf, AFileTrainsAndAnswersAsTheFolderThatItWasMadeOf) {
  const auto file = sampleAsGguf();
  auto fromFile = e2eConfig("from-file");
  fromFile.model = file;
  const auto fromFolder = e2eConfig("from-folder");
  EXPECT_DOUBLE_EQ(lossOf(file, fromFile), lossOf(sampleModel(), fromFolder));

  Recorder fileEvents, folderEvents;
  trainedAsPlanned(fromFile, fileEvents);
  trained(fromFolder, folderEvents);
  const auto ours = fileEvents.all<StepCompleted>();
  const auto theirs = folderEvents.all<StepCompleted>();
  ASSERT_EQ(ours.size(), theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_DOUBLE_EQ(ours[i].loss, theirs[i].loss) << i;

  const auto folders = importedFolders();
  ASSERT_EQ(folders.size(), 1U) << "one folder for all uses";
  EXPECT_EQ(folders.front().filename(), "sample");
  EXPECT_EQ(engine_->runConfig(fromFile.out)->model, folders.front());
}

TEST_F(ImportGguf, AFileThatHasChangedIsReadAgain) {
  const auto file = sampleAsGguf();
  ASSERT_TRUE(engine_->inspectModel(file));
  fs::last_write_time(file, fs::last_write_time(file) + std::chrono::seconds(5));
  ASSERT_TRUE(engine_->inspectModel(file));
  EXPECT_EQ(importedFolders().size(), 2U);
}

TEST_F(ImportGguf, BlocksBecomeAFolderThatOthersLoad) {
  const auto file = sampleAsGguf(GgufType::Q8_0);
  const auto report = engine_->exportRun({.runDirectory = file, .destination = path("folder")});
  ASSERT_TRUE(report) << report.error().message;
  for (const char* name : {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
                           "generation_config.json", "README.md"}) {
    EXPECT_TRUE(fs::exists(path("folder") / name)) << name;
  }
  EXPECT_EQ(readJson(path("folder") / "config.json")["dtype"], "float32");
  // Eight bits a number change the loss little, and something.
  const auto config = e2eConfig();
  const double whole = lossOf(sampleModel(), config), rounded = lossOf(path("folder"), config);
  EXPECT_NE(whole, rounded);
  EXPECT_NEAR(whole, rounded, 0.01);
  // And back again: what lay in blocks lies in the same blocks.
  const auto again = engine_->exportRun({.runDirectory = path("folder"),
                                         .destination = path("again.gguf"),
                                         .as = ExportForm::Gguf,
                                         .type = GgufType::Q8_0});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_DOUBLE_EQ(lossOf(path("again.gguf"), config), rounded);
}

TEST_F(ImportGguf, WhatCannotBeReadIsToldAndLeavesNothing) {
  const auto file = sampleAsGguf();
  const auto bytes = readText(file);
  writeText(path("cut.gguf"), bytes.substr(0, bytes.size() / 2));
  const auto cut = engine_->inspectModel(path("cut.gguf"));
  ASSERT_FALSE(cut);
  expectContains(cut.error().message, {"cut.gguf"});
  const auto adapter = engine_->exportRun({.runDirectory = file, .destination = path("a"), .as = ExportForm::Peft});
  ASSERT_FALSE(adapter);
  expectContains(adapter.error().message, {"sample.gguf", "--as peft"});
  const auto bad = goldenDirectory() / "gguf-bad";
  if (fs::exists(bad)) {
    for (const auto& entry : fs::directory_iterator(bad)) {
      const auto refused = engine_->inspectModel(entry.path());
      ASSERT_FALSE(refused) << entry.path();
      expectContains(refused.error().message, {entry.path().filename().string()});
    }
  }
  EXPECT_TRUE(importedFolders().empty());
  auto config = e2eConfig();
  config.model = path("cut.gguf");
  const auto plan = engine_->plan(config);
  ASSERT_FALSE(plan.problems.empty());
  EXPECT_EQ(plan.problems.front().key, "model");
}

}  // namespace
}  // namespace rosa::test
