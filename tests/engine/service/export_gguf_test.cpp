// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/file.h"
#include "engine/service/service_fixture.h"
#include "gguf/gguf_file.h"

/// A run or a model as one file for llama.cpp.
namespace rosa::test {
namespace {

class ExportGguf : public ServiceTest {
 protected:
  std::string exported(const fs::path& from, const fs::path& to, GgufType type = GgufType::F16) {
    const auto report =
        engine_->exportRun({.runDirectory = from, .destination = to, .as = ExportForm::Gguf, .type = type});
    if (!report) return report.error().message;
    report_ = *report;
    return "";
  }
  ExportReport report_;
};

TEST_F(ExportGguf, AModelFolderIsWrittenInEveryTypeWithItsModelfile) {
  const std::vector<std::pair<GgufType, double>> types = {{GgufType::F32, 0},
                                                          {GgufType::F16, 1e-3},
                                                          {GgufType::Bf16, 8e-3},
                                                          {GgufType::Q8_0, 2e-2},
                                                          {GgufType::Q4_K_M, 0.2}};
  int number = 0;
  std::int64_t largest = std::int64_t{1} << 40;
  for (const auto& [type, rounding] : types) {
    const auto name = "model" + std::to_string(number++);
    const auto file = path(name + ".gguf");
    ASSERT_EQ(exported(sampleModel(), file, type), "");
    EXPECT_LE(report_.rounding, rounding);
    EXPECT_LE(report_.bytes, largest);
    largest = report_.bytes;
    EXPECT_EQ(report_.files, (std::vector<std::string>{name + ".gguf", name + ".Modelfile"}));
    const auto opened = gguf::GgufFile::open(base::FileSystem::real(), file);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(opened->architecture(), "llama");
    EXPECT_EQ(static_cast<std::int64_t>(opened->tensors().size()), report_.comparedTensors);
    EXPECT_EQ(opened->metadata().list<std::string>("tokenizer.ggml.tokens")->size(), 512U);
    expectContains(readText(path(name + ".Modelfile")), {"FROM ./" + name + ".gguf", "PARAMETER stop"});
  }
}

TEST_F(ExportGguf, ARunIsWrittenAsItAmountsToNow) {
  const auto run = e2eConfig();
  trained(run);
  ASSERT_EQ(exported(run.out, path("run.gguf"), GgufType::F32), "");
  EXPECT_EQ(report_.step, 4);
  EXPECT_EQ(report_.rounding, 0);
  ASSERT_EQ(exported(sampleModel(), path("base.gguf"), GgufType::F32), "");
  const auto tuned = gguf::GgufFile::open(base::FileSystem::real(), path("run.gguf")).value();
  const auto base = gguf::GgufFile::open(base::FileSystem::real(), path("base.gguf")).value();
  ASSERT_EQ(tuned.tensors().size(), base.tensors().size());
  int changed = 0;
  for (const auto& tensor : tuned.tensors()) {
    std::vector<std::byte> ours(tensor.bytes), theirs(tensor.bytes);
    ASSERT_TRUE(tuned.read(tensor, 0, ours));
    ASSERT_TRUE(base.read(*base.find(tensor.name), 0, theirs));
    changed += ours == theirs ? 0 : 1;
  }
  EXPECT_GT(changed, 0) << "what was trained is in the file";
}

TEST_F(ExportGguf, WhatAnExportTakesIsKnownBefore) {
  const auto run = e2eConfig();
  trained(run);
  int number = 0;
  const auto expectNear = [&](ExportForm as, GgufType type, ExportDtype dtype) {
    const ExportRequest request{.runDirectory = run.out,
                                .destination = path("sized" + std::to_string(number++)),
                                .as = as,
                                .type = type,
                                .dtype = dtype};
    const auto size = engine_->exportSize(request);
    ASSERT_TRUE(size) << size.error().message;
    EXPECT_GT(size->freeBytes, 0);
    const auto report = engine_->exportRun(request);
    ASSERT_TRUE(report) << report.error().message;
    // The tokenizer and the headers come on top.
    EXPECT_LE(size->bytes, report->bytes);
    EXPECT_GE(size->bytes, report->bytes - 40'000);
  };
  for (const auto type : {GgufType::F32, GgufType::Q8_0, GgufType::Q4_K_M}) {
    expectNear(ExportForm::Gguf, type, ExportDtype::Auto);
  }
  for (const auto dtype : {ExportDtype::Auto, ExportDtype::Bf16}) expectNear(ExportForm::Merged, GgufType::F16, dtype);
}

TEST_F(ExportGguf, MistakesAreToldAndLeaveNothing) {
  fs::create_directory(path("folder"));
  expectContains(exported(sampleModel(), path("folder")), {"is a folder", "model.gguf"});
  std::ofstream(path("there.gguf")) << "old";
  expectContains(exported(sampleModel(), path("there.gguf")), {"there.gguf", "is there already"});
  EXPECT_EQ(readText(path("there.gguf")), "old");
  expectContains(exported(path("nothing"), path("new.gguf")), {"nothing"});
  EXPECT_FALSE(fs::exists(path("new.gguf")));
  for (const auto& entry : fs::directory_iterator(path("folder").parent_path())) {
    EXPECT_EQ(entry.path().string().find(".parts"), std::string::npos) << entry.path();
  }
}

}  // namespace
}  // namespace rosa::test
