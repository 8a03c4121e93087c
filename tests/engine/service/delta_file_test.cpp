// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include <map>
#include <string>

#include "engine/service/service_fixture.h"
#include "engine/service/stored_model.h"
#include "rosa/exported.h"

/// Deltas: what changed against the base model, and the very folder rebuilt from it.
namespace rosa::test {
namespace {

using FilesOfFolder = std::map<std::string, std::string>;

class DeltaFile : public ServiceTest {
 protected:
  static FilesOfFolder filesIn(const fs::path& folder) {
    FilesOfFolder all;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) all[entry.path().lexically_relative(folder).string()] = readText(entry.path());
    }
    return all;
  }
  /// Exports the run both ways, rebuilds the folder and compares every file. Returns the delta's report.
  ExportReport rebuilt(ExportRequest request, const fs::path& base, const std::string& name) {
    request.destination = path(name + "-merged");
    const auto merged = engine_->exportRun(request);
    EXPECT_TRUE(merged) << merged.error().message;
    request.destination = path(name + ".rosadelta.safetensors");
    request.as = ExportForm::Delta;
    const auto delta = engine_->exportRun(request);
    if (!delta) ADD_FAILURE() << delta.error().message;
    if (!merged || !delta) return {};
    const auto applied = applyDelta({request.destination, base, path(name + "-rebuilt")});
    if (!applied) {
      ADD_FAILURE() << applied.error().message;
      return *delta;
    }
    const auto wanted = filesIn(path(name + "-merged"));
    const auto there = filesIn(path(name + "-rebuilt"));
    EXPECT_EQ(wanted.size(), there.size());
    std::int64_t bytes = 0;
    for (const auto& [file, text] : wanted) {
      EXPECT_TRUE(there.contains(file) && there.at(file) == text) << file << " is another one";
      bytes += static_cast<std::int64_t>(text.size());
    }
    EXPECT_EQ(delta->wholeBytes, bytes);
    EXPECT_EQ(applied->bytes, bytes);
    EXPECT_EQ(applied->dtype, merged->dtype);
    EXPECT_EQ(delta->bytes, static_cast<std::int64_t>(fs::file_size(request.destination)));
    EXPECT_EQ(delta->comparedLogits, merged->comparedLogits);
    return *delta;
  }
  static std::string applying(const ApplyRequest& request) {
    const auto report = applyDelta(request);
    return report ? "applied" : report.error().message;
  }
};

TEST_F(DeltaFile, MakesTheMergedFolderAgainByteForByte) {
  auto run = e2eConfig();
  run.resampleEvery = {Interval::Unit::Steps, 2};
  trained(run);
  const auto wide = rebuilt({.runDirectory = run.out, .destination = {}}, run.model, "wide");
  EXPECT_LT(wide.bytes * 4, wide.wholeBytes * 3) << "fp32";
  const auto half =
      rebuilt({.runDirectory = run.out, .destination = {}, .dtype = ExportDtype::Bf16}, run.model, "half");
  EXPECT_LT(half.bytes, wide.bytes);
  EXPECT_LT(half.bytes * 2, half.wholeBytes) << "bf16";
  rebuilt({.runDirectory = run.out, .destination = {}, .checkpoint = "4", .shardBytes = 300'000}, run.model, "shards");
  std::set<std::string> left;
  for (const auto& entry : fs::directory_iterator(folder_.path())) left.insert(entry.path().filename().string());
  for (const auto& name : left) EXPECT_EQ(name.find(".parts"), std::string::npos) << name;
  const auto record = engine_->runs();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->front().lastExport, path("shards-merged").string()) << "History lists folders alone";
}

TEST_F(DeltaFile, HoldsWhatTheBaseLacksAndConvertsWhatItHoldsOtherwise) {
  writeText(path("rows.csv"), "text,label\na good day,yes\nno way,no\na good way,yes\nno day,no\n");
  auto run = e2eConfig();
  run.model = makeModel("bert");
  rewriteTensors(run.model, [](const std::string& name, const at::Tensor& tensor) {
    return name.find("pooler") != std::string::npos ? at::Tensor() : tensor.to(at::kBFloat16);
  });
  run.data = path("rows.csv");
  run.task = Task::Classification;
  run.text = "text";
  run.label = "label";
  run.prompt.clear();
  run.completion.clear();
  run.maxLength = 32;
  run.method = Method::Full;
  trained(run);
  rebuilt({.runDirectory = run.out, .destination = {}}, run.model, "own");
  rebuilt({.runDirectory = run.out, .destination = {}, .dtype = ExportDtype::Fp32}, run.model, "wide");
}

TEST_F(DeltaFile, OfAnAdapterLeadsToWhatItMergesTo) {
  auto run = e2eConfig();
  run.method = Method::Lora;
  trained(run);
  ASSERT_TRUE(engine_->exportRun({run.out, path("peft"), "last", ExportForm::Peft}));
  rebuilt({.runDirectory = path("peft"), .destination = {}}, run.model, "adapter");
}

TEST_F(DeltaFile, RefusesAnotherBaseByNamingWhatDiffers) {
  auto run = e2eConfig();
  run.model = copyOfSampleModel();
  trained(run);
  const auto delta = path("a.rosadelta.safetensors");
  ASSERT_TRUE(engine_->exportRun({.runDirectory = run.out, .destination = delta, .as = ExportForm::Delta}));
  const auto other = path("other");
  const auto refused = [&](const std::vector<std::string>& words) {
    const auto before = everything();
    expectContains(applying({delta, other, path("out")}), words);
    EXPECT_EQ(everything(), before);
    fs::remove_all(other);
    fs::copy(run.model, other);
  };
  fs::copy(run.model, other);
  rewriteTensors(other, [](const std::string& name, const at::Tensor& tensor) {
    auto made = tensor.clone();
    if (name == "model.norm.weight") made[1] += 1e-6;
    return made;
  });
  refused({other.string(), "\"model.norm.weight\" holds other numbers", "\"model\"", "--base"});
  rewriteTensors(other, [](const std::string& name, const at::Tensor& tensor) {
    return name == "model.norm.weight" ? tensor.to(at::kHalf) : tensor;
  });
  refused({"\"model.norm.weight\" is F16 [64] and not F32 [64]"});
  rewriteTensors(other, [](const std::string& name, const at::Tensor& tensor) {
    return name == "model.norm.weight" ? at::Tensor() : tensor;
  });
  refused({"\"model.norm.weight\" is missing"});
  writeText(other / "tokenizer.json", readText(other / "tokenizer.json") + "\n");
  refused({(other / "tokenizer.json").string(), "is not the one", "--base"});
  EXPECT_EQ(applying({delta, other, path("out")}), "applied");
  expectContains(applying({delta, other, path("out")}), {"not an empty folder"});
}

TEST_F(DeltaFile, DamageIsToldAndLeavesNothing) {
  const auto run = e2eConfig();
  trained(run);
  const auto delta = path("a.rosadelta.safetensors");
  ASSERT_TRUE(engine_->exportRun({.runDirectory = run.out, .destination = delta, .as = ExportForm::Delta}));
  const auto whole = readText(delta);
  const auto before = everything();
  for (std::size_t at = whole.size() - 1; at > whole.size() / 3; at -= whole.size() / 40) {
    auto damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    writeText(delta, damaged);
    expectContains(applying({delta, run.model, path("out")}), {delta.string(), "again"});
    EXPECT_EQ(everything(), before);
  }
  writeText(delta, whole.substr(0, whole.size() / 2));
  expectContains(applying({delta, run.model, path("out")}), {delta.string()});
  expectContains(applying({sampleModel() / "model.safetensors", run.model, path("out")}),
                 {"is no delta", "rosa export --as delta"});
  EXPECT_EQ(everything(), before);
}

TEST_F(DeltaFile, IsOneNewFile) {
  const auto run = e2eConfig();
  trained(run);
  ExportRequest request{.runDirectory = run.out, .destination = path("run"), .as = ExportForm::Delta};
  const auto folder = engine_->exportRun(request);
  ASSERT_FALSE(folder);
  expectContains(folder.error().message, {"--as delta writes one file", ".rosadelta.safetensors"});
  writeText(path("taken"), "mine");
  request.destination = path("taken");
  const auto taken = engine_->exportRun(request);
  ASSERT_FALSE(taken);
  expectContains(taken.error().message, {"is there already"});
  EXPECT_EQ(readText(path("taken")), "mine");
}

}  // namespace
}  // namespace rosa::test
