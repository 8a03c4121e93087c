// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include <cmath>
#include <string>
#include <vector>

#include "engine/service/service_fixture.h"
#include "engine/service/stored_model.h"

/// A run whose frozen weights are kept in bf16 or int8, from its plan to its export.
namespace rosa::test {
namespace {

class HalfWeightsRun : public ServiceTest {
 protected:
  /// The sample's model with its matrices in bf16.
  fs::path storedInBf16() {
    const auto folder = copyOfSampleModel();
    rewriteTensors(folder, [](const std::string&, const at::Tensor& tensor) { return tensor.to(at::kBFloat16); });
    return folder;
  }

  [[nodiscard]] RunConfig config(Method method, WeightType weights = WeightType::Bf16) const {
    auto config = e2eConfig();
    config.method = method;
    config.weights = weights;
    config.resampleEvery = {Interval::Unit::Steps, 2};
    return config;
  }
};

class NarrowWeightsRun : public HalfWeightsRun, public testing::WithParamInterface<WeightType> {};

TEST_P(NarrowWeightsRun, TrainsAndIsExportedAsItComputes) {
  for (const auto method : {Method::Rosa, Method::Lora, Method::Dora, Method::Ia3}) {
    SCOPED_TRACE(static_cast<int>(method));
    const auto run = config(method, GetParam());
    trained(run);
    const auto report = engine_->exportRun({run.out, path("merged"), "last"});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->equal) << report->largestLogitDifference;
    fs::remove_all(run.out);
    fs::remove_all(path("merged"));
  }
}

TEST_F(HalfWeightsRun, IsAPeftAdapterOnlyOfAModelThatIsStoredSo) {
  auto run = config(Method::Lora);
  trained(run);
  const auto refused = engine_->exportRun({run.out, path("adapter"), "last", ExportForm::Peft});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("Export the run merged"), std::string::npos) << refused.error().message;
  EXPECT_FALSE(fs::exists(path("adapter")));

  run.model = storedInBf16();
  run.out = path("other");
  run.weights = WeightType::Auto;
  trained(run);
  const auto report = engine_->exportRun({run.out, path("adapter"), "last", ExportForm::Peft});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->equal) << report->largestLogitDifference;
}

TEST_F(HalfWeightsRun, AutoIsAsTheFilesHoldThem) {
  auto run = config(Method::Rosa);
  run.weights = WeightType::Auto;
  const auto wide = engine_->plan(run);
  run.model = storedInBf16();
  const auto half = engine_->plan(run);
  ASSERT_TRUE(half.problems.empty()) << joinProblems(half.problems);
  EXPECT_LT(half.memory.weightsBytes, 0.55 * static_cast<double>(wide.memory.weightsBytes));
  run.method = Method::Full;
  EXPECT_EQ(engine_->plan(run).memory.weightsBytes, wide.memory.weightsBytes);
}

TEST_P(NarrowWeightsRun, LosesAboutWhatRoundingTheModelLoses) {
  std::vector<double> losses;
  for (const auto weights : {WeightType::Fp32, GetParam()}) {
    auto run = config(Method::Rosa);
    run.steps = 12;
    run.weights = weights;
    Recorder events;
    trained(run, events);
    losses.push_back(events.all<RunFinished>().at(0).loss);
    const auto resamples = events.all<ResampleCompleted>();
    ASSERT_GT(resamples.size(), 2U);
    EXPECT_EQ(std::isfinite(resamples.back().roundingLoss), weights != WeightType::Fp32);
    EXPECT_LT(std::isfinite(resamples.back().roundingLoss) ? resamples.back().roundingLoss : 0, 0.2);
    fs::remove_all(run.out);
  }
  EXPECT_NEAR(losses[1], losses[0], 0.02 * losses[0]);
}

TEST_P(NarrowWeightsRun, ThePlanCountsTheBytesAndRefusesWhatTrainsTheWeights) {
  auto run = config(Method::Rosa, GetParam());
  const auto half = engine_->plan(run);
  ASSERT_TRUE(half.problems.empty()) << joinProblems(half.problems);
  run.weights = WeightType::Fp32;
  const auto wide = engine_->plan(run);
  const double share = GetParam() == WeightType::Int8 ? 0.35 : 0.55;
  EXPECT_LT(half.memory.weightsBytes, share * static_cast<double>(wide.memory.weightsBytes));
  run.weights = GetParam();
  run.trainAlso = "model.embed_tokens";
  const auto refused = engine_->plan(run);
  ASSERT_EQ(refused.problems.size(), 1U);
  EXPECT_EQ(refused.problems[0].key, "weights");
  Recorder events;
  const auto begun = engine_->train(run, events);
  ASSERT_FALSE(begun);
  EXPECT_NE(begun.error().message.find("model.embed_tokens.weight trains itself"), std::string::npos)
      << begun.error().message;
}

TEST_P(NarrowWeightsRun, IsNamedWhereItFitsAndWiderOnesDoNot) {
  auto run = config(Method::Rosa, GetParam());
  run.batch = 1;
  run.gradientCheckpointing = GradientCheckpointing::Yes;
  const auto needed = engine_->plan(run).memory.totalBytes();
  const std::string hint =
      GetParam() == WeightType::Int8 ? "With --weights int8 it takes" : "With --weights bf16 it takes";
  run.weights = WeightType::Fp32;
  const auto told = [&](std::int64_t bytes) {
    run.memory = MemorySize{bytes};
    const auto problems = engine_->plan(run).problems;
    return problems.size() == 1 ? problems[0].message : std::to_string(problems.size()) + " problems";
  };
  EXPECT_NE(told(needed + 1).find(hint), std::string::npos) << told(needed + 1);
  EXPECT_EQ(told(needed).find(hint), std::string::npos) << told(needed);
  run.method = Method::Full;
  EXPECT_EQ(told(needed + 1).find("--weights"), std::string::npos) << "its weights train";
}

TEST_F(HalfWeightsRun, AModelIsUsedAsItsFilesHoldItOrAsItIsAskedFor) {
  GenerationRequest request;
  request.model = storedInBf16();
  request.prompts = {"Once upon a time"};
  request.settings.maxNewTokens = 40;
  request.device = deviceChoice();
  request.threads = 1;
  const auto text = [&](WeightType weights) {
    request.weights = weights;
    const auto made = engine_->generate(request, {});
    EXPECT_TRUE(made) << made.error().message;
    return made ? made->prompts[0][0].text : "";
  };
  const auto wide = text(WeightType::Fp32);
  EXPECT_FALSE(wide.empty());
  EXPECT_EQ(text(WeightType::Auto), wide);
  EXPECT_EQ(text(WeightType::Bf16), wide);
  EXPECT_FALSE(text(WeightType::Int8).empty());

  const auto run = config(Method::Lora, WeightType::Fp32);
  trained(run);
  request.model = run.out;
  const auto refused = engine_->generate(request, {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("weights:"), std::string::npos) << refused.error().message;
}

INSTANTIATE_TEST_SUITE_P(Kept, NarrowWeightsRun, testing::Values(WeightType::Bf16, WeightType::Int8),
                         [](const auto& given) { return given.param == WeightType::Int8 ? "int8" : "bf16"; });

}  // namespace
}  // namespace rosa::test
