// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "checkpoint/peft_adapter.h"
#include "engine/model/golden_model.h"
#include "engine/train/golden_run.h"
#include "engine/train/test_run.h"
#include "train/merged_tensors.h"
#include "train/start_adapter.h"

/// Adapters made and computed by PEFT (golden/README.md, peft): a run that goes on with one has PEFT's logits, loss and
/// gradients, and merges to PEFT's weights.
namespace rosa::train {
namespace {

namespace fs = std::filesystem;
using base::Json;

// README's limits; that of gradients is the one of golden/vectors.
constexpr double kLogitLimit = 2e-5;
constexpr double kLossLimit = 1e-5;
constexpr double kMergedLimit = 2e-6;

fs::path peftFolder() {
  return test::goldenDirectory() / "peft";
}

using PeftCase = std::tuple<std::string, Form>;

/// LoRA in both forms; the others have but one.
std::vector<PeftCase> peftCases() {
  std::vector<PeftCase> all;
  const auto index = test::traceIndex(peftFolder());
  for (const auto& [name, entry] : index.items()) {
    all.emplace_back(name, Form::Merged);
    if (name.find("lora") != std::string::npos) all.emplace_back(name, Form::Branch);
  }
  return all;
}

class Peft : public testing::TestWithParam<PeftCase> {
 protected:
  void SetUp() override {
    const auto& [name, form] = GetParam();
    const auto entry = test::traceIndex(peftFolder()).at(name);
    base_ = peftFolder() / ".." / entry.at("model").get<std::string>();
    golden_ = std::make_unique<test::GoldenTensors>(peftFolder() / "vectors" / (name + ".safetensors"));
    auto model = test::openModel(base_);
    ASSERT_TRUE(model) << name << ": " << model.error().message;
    const auto start = StartAdapter::open(peftFolder() / name, **model);
    ASSERT_TRUE(start) << start.error().message;

    RunConfig config;
    config.task = (*model)->config().isDecoder() ? Task::LanguageModelling : Task::Classification;
    config.adapter = peftFolder() / name;
    config.method = start->method();
    config.form = form;
    config.device = test::deviceChoice();
    data::Example any;
    any.tokenIds = {2, 3};
    any.targets = {3, data::kNoTarget};
    any.targetCount = 1;
    session_ = test::sessionOf(config, *std::move(model), {any});
    flat_ = test::flatBatch(*golden_, "", session_->model->config());
  }

  /// Where attention_mask is 1.
  [[nodiscard]] at::Tensor realLogits(const at::Tensor& padded) const {
    return padded.dim() == 2 ? padded : padded.flatten(0, 1).index_select(0, flat_.real);
  }
  /// Of each sequence's last token, as the file's logits_merged_last.
  [[nodiscard]] at::Tensor lastLogits(model::Model& model) const {
    const auto logits = model.logits(flat_.batch);
    if (logits.size(0) == (*golden_)["logits_merged_last"].size(0)) return logits;
    const std::vector<std::int64_t> ends(flat_.batch.offsets.begin() + 1, flat_.batch.offsets.end());
    return logits.index_select(0, at::tensor(ends, at::kLong).to(logits.device()) - 1);
  }
  /// PEFT's layout of a parameter's gradient, under PEFT's name for it.
  [[nodiscard]] at::Tensor gradientOf(const std::string& stored) const {
    const auto name = checkpoint::parsePeftName(stored);
    const std::map<checkpoint::PeftPart, std::string> endings = {{checkpoint::PeftPart::LoraA, ".weight:A"},
                                                                 {checkpoint::PeftPart::LoraB, ".weight:B"},
                                                                 {checkpoint::PeftPart::Magnitude, ".weight:magnitude"},
                                                                 {checkpoint::PeftPart::Ia3, ".weight:factors"},
                                                                 {checkpoint::PeftPart::Saved, ""}};
    for (const auto* parameter : session_->parameters) {
      if (parameter->name != name->module + endings.at(name->part)) continue;
      const bool factor = parameter->name.ends_with(":A") || parameter->name.ends_with(":B");
      return factor ? parameter->gradient.t() : parameter->gradient;
    }
    throw std::runtime_error("Nothing trains " + stored);
  }

  void expectMerged(const std::vector<model::NamedTensor>& tensors) const {
    std::size_t compared = 0;
    for (const auto& stored : tensors) {
      if (!golden_->contains("merged." + stored.name)) continue;
      EXPECT_LE(test::distance(stored.tensor, (*golden_)["merged." + stored.name]), kMergedLimit) << stored.name;
      ++compared;
    }
    const auto expected =
        std::ranges::count_if(golden_->tensors, [](const auto& entry) { return entry.first.starts_with("merged."); });
    EXPECT_EQ(compared, static_cast<std::size_t>(expected));
  }

  fs::path base_;
  std::unique_ptr<test::GoldenTensors> golden_;
  std::unique_ptr<Session> session_;
  test::FlatBatch flat_;
};

TEST_P(Peft, ComputesWhatPeftComputes) {
  EXPECT_LE(test::distance(session_->model->logits(flat_.batch), realLogits((*golden_)["logits"])), kLogitLimit);
  session_->arena->zeroGradients();
  const auto loss = session_->model->loss(flat_.batch, model::Pass{}, static_cast<double>(flat_.targets));
  EXPECT_NEAR(loss.item<double>(), (*golden_)["loss"].item<double>(), kLossLimit);
  loss.backward();
  std::size_t compared = 0;
  for (const auto& [name, expected] : golden_->tensors) {
    if (!name.starts_with("grad.")) continue;
    const auto actual = gradientOf(name.substr(5)).reshape(expected.sizes());
    EXPECT_LE(test::distance(actual, expected), 1e-5 * test::largest(expected) + 1e-7) << name;
    ++compared;
  }
  EXPECT_EQ(compared, session_->parameters.size());
}

TEST_P(Peft, MergesToPeftsWeights) {
  expectMerged(mergedTensors(*session_));
}

TEST_P(Peft, GoesIntoTheWeightsForAnyOtherUse) {
  auto model = *test::openModel(base_);
  const auto start = StartAdapter::open(session_->config.adapter, *model);
  ASSERT_TRUE(start);
  ASSERT_TRUE(start->merge(*model).hasValue());
  expectMerged(model->tensors());
  EXPECT_LE(test::distance(lastLogits(*model), (*golden_)["logits_merged_last"]), kLogitLimit);
}

std::string peftCaseName(const testing::TestParamInfo<PeftCase>& info) {
  return test::testNameOf(std::get<0>(info.param) + (std::get<1>(info.param) == Form::Merged ? "" : "_branch"));
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Peft);
INSTANTIATE_TEST_SUITE_P(Golden, Peft, testing::ValuesIn(peftCases()), peftCaseName);

TEST(PeftVectors, AreThere) {
  if (peftCases().empty()) GTEST_SKIP() << "no index.json in " << peftFolder();
}

}  // namespace
}  // namespace rosa::train
