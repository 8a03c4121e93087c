// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include <string>

#include "engine/service/service_fixture.h"
#include "engine/service/stored_model.h"

/// The number format of merged models: the base model's own, or the one asked for.
namespace rosa::test {
namespace {

class ExportDtypes : public ServiceTest {
 protected:
  Expected<ExportReport> merged(const RunConfig& run, const std::string& to, ExportDtype dtype = ExportDtype::Auto) {
    return engine_->exportRun({.runDirectory = run.out, .destination = path(to), .dtype = dtype});
  }
  static std::string problem(const Expected<ExportReport>& report) {
    return report ? "exported" : report.error().message;
  }
};

TEST_F(ExportDtypes, EachTensorKeepsTheBasesOwn) {
  auto run = e2eConfig();
  run.model = copyOfSampleModel();
  rewriteTensors(run.model, [](const std::string& name, const at::Tensor& tensor) {
    if (name.find("embed_tokens") != std::string::npos) return tensor.to(at::kHalf);
    return name.find("norm") == std::string::npos ? tensor.to(at::kBFloat16) : tensor;
  });
  auto config = readJson(run.model / "config.json");
  config["torch_dtype"] = "float32";
  writeText(run.model / "config.json", config.dump());
  trained(run);
  const auto report = merged(run, "own");
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->equal);
  EXPECT_TRUE(report->rounded);
  EXPECT_EQ(report->largestLogitDifference, 0) << "the same numbers, computed in the same way";
  EXPECT_GT(report->roundedLogitDifference, 0);
  EXPECT_LT(report->roundedLogitDifference, 0.5);
  expectContains(report->dtype, {"bf16", "fp16", "fp32"});
  expectContains(readText(path("own") / "README.md"), {"rounded once to " + report->dtype, "rounding itself"});
  const auto wide = merged(run, "wide", ExportDtype::Fp32);
  ASSERT_TRUE(wide) << wide.error().message;
  EXPECT_FALSE(wide->rounded);
  EXPECT_EQ(wide->dtype, "fp32");

  const auto base = openedModel(run.model);
  const auto own = openedModel(path("own"));
  const auto full = openedModel(path("wide"));
  ASSERT_EQ(own.entries().size(), base.entries().size());
  bool trainedOn = false;
  for (const auto* entry : base.entries()) {
    ASSERT_NE(own.find(entry->name), nullptr) << entry->name;
    EXPECT_EQ(own.find(entry->name)->dtype, entry->dtype) << entry->name;
    const auto there = tensorIn(own, entry->name);
    EXPECT_TRUE(at::equal(there, tensorIn(full, entry->name).to(there.scalar_type()))) << entry->name;
    trainedOn = trainedOn || !at::equal(there, tensorIn(base, entry->name));
  }
  EXPECT_TRUE(trainedOn);
  const auto exported = readJson(path("own") / "config.json");
  EXPECT_EQ(exported.at("dtype"), "bfloat16") << "most of the numbers";
  EXPECT_FALSE(exported.contains("torch_dtype"));
}

TEST_F(ExportDtypes, TheOneAskedForIsThatOfEveryTensorAndOfConfigJson) {
  const auto run = e2eConfig();
  trained(run);
  const auto plain = merged(run, "plain");
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ(plain->dtype, "fp32");
  EXPECT_FALSE(plain->rounded);
  const auto whole = openedModel(path("plain"));
  const double loss = lossOf(path("plain"), run);
  const std::pair<ExportDtype, std::string> words[] = {
      {ExportDtype::Fp32, "float32"}, {ExportDtype::Bf16, "bfloat16"}, {ExportDtype::Fp16, "float16"}};
  for (const auto& [dtype, word] : words) {
    const auto report = merged(run, word, dtype);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->equal);
    EXPECT_EQ(report->rounded, dtype != ExportDtype::Fp32);
    EXPECT_EQ(readJson(path(word) / "config.json").at("dtype"), word);
    const auto folder = openedModel(path(word));
    for (const auto* entry : whole.entries()) {
      const auto there = tensorIn(folder, entry->name);
      EXPECT_EQ(checkpoint::configWord(folder.find(entry->name)->dtype), word) << entry->name;
      EXPECT_TRUE(at::equal(there, tensorIn(whole, entry->name).to(there.scalar_type()))) << entry->name;
    }
    EXPECT_NEAR(lossOf(path(word), run), loss, 5e-3) << word;
  }
  EXPECT_EQ(readText(path("float32") / "model.safetensors"), readText(path("plain") / "model.safetensors"));
}

TEST_F(ExportDtypes, ANumberBeyondFp16IsRefusedByNameAndTheRemediesWork) {
  auto run = e2eConfig();
  run.model = copyOfSampleModel();
  rewriteTensors(run.model, [](const std::string& name, const at::Tensor& tensor) {
    auto made = tensor.clone();
    if (name == "model.norm.weight") made[3] = 65520;  // the first that rounds up to infinity
    return made;
  });
  trained(run);
  const auto before = everything();
  expectContains(problem(merged(run, "half", ExportDtype::Fp16)),
                 {"model.norm.weight", "65520", "fp16", "--dtype bf16", "--dtype fp32"});
  EXPECT_EQ(everything(), before);
  for (const auto dtype : {ExportDtype::Bf16, ExportDtype::Fp32}) {
    EXPECT_EQ(problem(merged(run, "to" + std::to_string(static_cast<int>(dtype)), dtype)), "exported");
  }
}

TEST_F(ExportDtypes, IsOfMergedModelsAlone) {
  auto run = e2eConfig();
  run.method = Method::Lora;
  trained(run);
  ExportRequest request{
      .runDirectory = run.out, .destination = path("out"), .as = ExportForm::Peft, .dtype = ExportDtype::Bf16};
  expectContains(problem(engine_->exportRun(request)), {"--dtype", "merged", "--as peft"});
  request.as = ExportForm::Gguf;
  expectContains(problem(engine_->exportRun(request)), {"--dtype", "--type"});
  EXPECT_FALSE(fs::exists(path("out")));
  request.as = ExportForm::Peft;
  request.dtype = ExportDtype::Auto;
  ASSERT_EQ(problem(engine_->exportRun(request)), "exported");
  const auto adapter =
      engine_->exportRun({.runDirectory = path("out"), .destination = path("m"), .dtype = ExportDtype::Bf16});
  ASSERT_TRUE(adapter) << adapter.error().message;
  EXPECT_EQ(adapter->dtype, "bf16");
  EXPECT_TRUE(adapter->equal);
}

}  // namespace
}  // namespace rosa::test
