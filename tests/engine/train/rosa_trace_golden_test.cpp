// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "adapt/low_rank.h"
#include "engine/model/golden_model.h"
#include "engine/train/golden_run.h"
#include "engine/train/test_run.h"
#include "train/batch_tensors.h"

/// Whole trainings by the original ROSA code (golden/README.md, rosa/trace), repeated by the engine's own loop:
/// windows, layers, biases, frozen head, fresh moments and no clipping are settings of the run. Every case, in both
/// forms.
namespace rosa::train {
namespace {

namespace fs = std::filesystem;
using base::Json;

/// README's limit for losses and merged weights.
constexpr double kLimit = 2e-5;
constexpr double kNormLimit = 1e-4;  // of the norm, as README says for training/

fs::path traceFolder() {
  return test::goldenDirectory() / "rosa" / "trace";
}

std::vector<std::string> caseNames() {
  std::vector<std::string> names;
  const auto index = test::traceIndex(traceFolder());
  for (const auto& [name, settings] : index.items()) names.push_back(name);
  return names;
}

/// "0,8;16,24" as --windows takes it.
std::string windowsText(const Json& cycles) {
  std::vector<std::string> groups;
  for (const auto& cycle : cycles) {
    std::vector<std::string> starts;
    for (const auto& start : cycle) starts.push_back(std::to_string(start.get<std::int64_t>()));
    groups.push_back(test::joined(starts, ','));
  }
  return test::joined(groups, ';');
}

/// The entries that have a gradient: those of attention keys have none (softmax does not see a constant), and Adam
/// turns their rounding noise into steps.
at::Tensor trainedEntries(const std::string& layer, const at::Tensor& bias) {
  if (layer.ends_with("attn.c_attn")) {
    const auto third = bias.size(0) / 3;
    return at::cat({bias.narrow(0, 0, third), bias.narrow(0, 2 * third, third)});
  }
  const bool key = layer.ends_with(".key") || layer.ends_with(".k_proj");
  return key ? bias.narrow(0, 0, 0) : bias;
}

class RosaTrace : public testing::TestWithParam<std::tuple<std::string, Form>> {
 protected:
  void SetUp() override {
    const auto& [name, form] = GetParam();
    settings_ = test::traceIndex(traceFolder()).at(name);
    golden_ = std::make_unique<test::GoldenTensors>(traceFolder() / (name + ".safetensors"));
    auto config = test::traceConfig(*golden_);
    const auto method = settings_.at("factorize_method").get<std::string>();
    ASSERT_EQ(method, "svd_equal") << name << ": choose the factorisation by the file";
    const auto optimizer = settings_.at("optimizer").get<std::string>();
    ASSERT_TRUE(test::chooseOptimizer(optimizer, config)) << name << ": " << optimizer;
    auto model = test::openModel(test::goldenDirectory() / settings_.at("model").get<std::string>());
    ASSERT_TRUE(model) << name << ": " << model.error().message;

    config.method = Method::Rosa;
    config.rank.value = settings_.at("rank").get<std::int64_t>();
    config.layers = test::joined(settings_.at("layers").get<std::vector<std::string>>(), ',');
    config.form = form;
    config.trainBias = settings_.at("bias_trainable").get<bool>();
    config.trainHead = false;
    config.momentReset = MomentReset::All;
    config.windows = windowsText(settings_.at("windows"));
    config.rewarm = 0;
    config.learningRate = settings_.at("lr").get<double>();
    config.weightDecay = config.optimizer == Optimizer::AdamW ? 0.01 : 0;
    config.clip = 0;
    stepsPerCycle_ = settings_.at("steps_per_cycle").get<std::int64_t>();
    config.resampleEvery = {Interval::Unit::Steps, static_cast<double>(stepsPerCycle_)};
    config.steps = settings_.at("cycles").get<std::int64_t>() * stepsPerCycle_;
    session_ = test::sessionOf(config, *std::move(model), test::examplesOf(*golden_));
  }

  void expectNear(const at::Tensor& actual, const std::string& name, double limit) {
    const auto& expected = (*golden_)[name];
    ASSERT_EQ(actual.sizes(), expected.sizes()) << name;
    EXPECT_LE(test::distance(actual, expected), limit) << name;
    ++compared_;
  }

  /// How far the original's own fp32 run lies from its fp64 run.
  [[nodiscard]] double originalsError(const char* quantity) const {
    return settings_.at("float32_vs_float64_run").at(quantity).get<double>();
  }

  void compareStep(const StepCompleted& step) {
    const auto index = step.step - 1;
    EXPECT_NEAR(step.loss, (*golden_)["loss"][index].item<double>(), kLimit) << "step " << step.step;
    const double norm = (*golden_)["grad_norm"][index].item<double>();
    EXPECT_NEAR(step.gradientNorm, norm, kNormLimit * norm) << "step " << step.step;
    if (step.step % stepsPerCycle_ == 0) compareCycleEnd(index / stepsPerCycle_);
  }

  void compareCycleStart(const ResampleCompleted& event) {
    for (const auto& layer : session_->layers) {
      const auto& factors = dynamic_cast<const adapt::LowRank&>(*layer.adaptation);
      // Close singular values leave the original's vectors uncertain; its fp64 run says by how much.
      expectNear(at::mm(factors.a(), factors.b()),
                 "cycle" + std::to_string(event.cycle) + ".start." + layer.name + ".a@b",
                 kLimit + originalsError("a@b"));
    }
  }

  void compareCycleEnd(std::int64_t cycle) {
    for (const auto& layer : session_->layers) {
      const auto name = "cycle" + std::to_string(cycle) + ".end." + layer.name;
      auto merged = at::empty_like(layer.slot->weight());
      layer.adaptation->writeMerged(merged);
      expectNear(merged, name + ".merged_weight", kLimit);
      const auto bias = trainedEntries(layer.name, test::storedTensor(*session_->model, layer.name + ".bias"));
      const auto expected = trainedEntries(layer.name, (*golden_)[name + ".bias"]);
      ASSERT_EQ(bias.sizes(), expected.sizes()) << name;
      if (bias.numel() > 0) {
        EXPECT_LE(test::distance(bias, expected), kLimit) << name << ".bias";
      }
    }
  }

  /// On the real tokens of the first batch.
  void compareFinalLogits() {
    const auto first = session_->batcher->batch(0, 0);
    const auto logits = session_->model->logits(toTensors(first, session_->device));
    auto expected = (*golden_)["final.logits"];
    if (expected.dim() == 3) {
      const auto real = (*golden_)["batch.attention_mask"][0].to(at::kBool).flatten().nonzero().squeeze(1);
      expected = expected.flatten(0, 1).index_select(0, real);
    }
    ASSERT_EQ(logits.sizes(), expected.sizes());
    EXPECT_LE(test::distance(logits, expected), kLimit + originalsError("final.logits"));
  }

  std::unique_ptr<test::GoldenTensors> golden_;
  Json settings_;
  std::int64_t stepsPerCycle_ = 1;
  std::unique_ptr<Session> session_;
  std::size_t compared_ = 0;
};

TEST_P(RosaTrace, EqualsTheOriginalCode) {
  ASSERT_EQ(session_->config.form, std::get<Form>(GetParam()));
  test::TestRun run(*session_);
  run.onEvent = [this](const Event& event) {
    if (const auto* step = std::get_if<StepCompleted>(&event)) compareStep(*step);
    if (const auto* resample = std::get_if<ResampleCompleted>(&event)) compareCycleStart(*resample);
  };
  const auto status = run.train();
  ASSERT_TRUE(status.hasValue()) << status.error().message;
  EXPECT_EQ(run.all<StepCompleted>().size(), static_cast<std::size_t>((*golden_)["loss"].size(0)));
  const auto cycles = settings_.at("cycles").get<std::size_t>();
  EXPECT_EQ(run.all<ResampleCompleted>().size(), cycles);
  EXPECT_EQ(compared_, 2 * cycles * session_->layers.size());
  compareFinalLogits();
}

std::string traceCaseName(const testing::TestParamInfo<RosaTrace::ParamType>& info) {
  return test::testNameOf(std::get<0>(info.param) + (std::get<1>(info.param) == Form::Merged ? "_merged" : "_branch"));
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RosaTrace);
INSTANTIATE_TEST_SUITE_P(Golden, RosaTrace,
                         testing::Combine(testing::ValuesIn(caseNames()), testing::Values(Form::Merged, Form::Branch)),
                         traceCaseName);

TEST(RosaTraces, AreThere) {
  if (caseNames().empty()) GTEST_SKIP() << "no index.json in " << traceFolder();
}

}  // namespace
}  // namespace rosa::train
