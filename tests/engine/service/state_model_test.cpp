// SPDX-License-Identifier: GPL-3.0-or-later
#include <ostream>
#include <string_view>

#include "checkpoint/model_folder.h"
#include "engine/service/service_fixture.h"

/// Models whose layers keep states in place of keys and values, through the engine.
namespace rosa::test {
namespace {

constexpr std::string_view kFirst = "model.layers.0.";

struct StateModel {
  const char* arch;
  const char* className;
  std::set<std::string> layers;  ///< the first block's, which has no attention: what PEFT calls all-linear
};

void PrintTo(const StateModel& model, std::ostream* out) {
  *out << model.arch;
}

class StateModelTest : public ServiceTest, public testing::WithParamInterface<StateModel> {
 protected:
  RunConfig runOf(Method method, const std::string& name) {
    auto run = e2eConfig(name);
    run.model = model_;
    run.maxLength = 128;
    run.method = method;
    run.rank = Rank{std::int64_t{2}};
    run.resampleEvery = {Interval::Unit::Steps, 2};
    run.learningRate = 5e-3;
    run.evalEvery = {};
    run.validationSplit = 0;
    return run;
  }

  fs::path model_ = makeModel(GetParam().arch);
};

TEST_P(StateModelTest, IsTrainedByEveryKindOfMethodExportedAndReopened) {
  for (const auto method : {Method::Rosa, Method::Lora, Method::Full, Method::Houlsby, Method::Prompt}) {
    const auto name = "run" + std::to_string(static_cast<int>(method));
    SCOPED_TRACE(name);
    auto run = runOf(method, name);
    if (method == Method::Prompt) run.virtualTokens = 3;
    trainedAsPlanned(run);
    EXPECT_LT(lossOf(run.out, run), lossOf(model_, run));
    if (method == Method::Houlsby || method == Method::Prompt) continue;  // which are no merged weights
    const auto report = engine_->exportRun({run.out, path(name + "-merged"), "last"});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_LT(report->largestLogitDifference, 1e-5);
    EXPECT_EQ(readJson(path(name + "-merged") / "config.json").at("architectures"), json({GetParam().className}));
    EXPECT_NEAR(lossOf(path(name + "-merged"), run), lossOf(run.out, run), 1e-5);
  }
}

TEST_P(StateModelTest, EveryProjectionIsALayerLikeAnyOther) {
  const auto summary = engine_->inspectModel(model_);
  ASSERT_TRUE(summary) << summary.error().message;
  std::set<std::string> first;
  for (const auto& layer : summary->linearLayers) {
    if (layer.name.starts_with(kFirst)) first.insert(layer.name.substr(kFirst.size()));
  }
  EXPECT_EQ(first, GetParam().layers);
  const auto run = runOf(Method::Lora, "run");
  trained(run);
  const auto report = engine_->exportRun({run.out, path("peft"), "last", ExportForm::Peft});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_LT(report->largestLogitDifference, 2e-5);
  const auto file =
      checkpoint::SafetensorsFile::open(base::FileSystem::real(), path("peft") / "adapter_model.safetensors").value();
  for (const auto& name : GetParam().layers) {
    EXPECT_NE(file.find("base_model.model." + std::string(kFirst) + name + ".lora_A.weight"), nullptr) << name;
  }
  EXPECT_NEAR(lossOf(model_, run, path("peft")), lossOf(run.out, run), 1e-4);
}

TEST_P(StateModelTest, APrefixIsRefusedAndAPromptPutsItRight) {
  auto run = runOf(Method::Prefix, "run");
  const auto plan = engine_->plan(run);
  ASSERT_EQ(plan.problems.size(), 1U);
  EXPECT_EQ(plan.problems[0].key, "method");
  expectContains(plan.problems[0].message, {"layers that keep a state", "Choose prompt"});
  Recorder events;
  const auto started = engine_->train(run, events);
  if (started) (*started)->wait();
  EXPECT_FALSE(started && (*started)->succeeded());
  run.method = Method::Prompt;
  EXPECT_TRUE(engine_->plan(run).problems.empty());
}

INSTANTIATE_TEST_SUITE_P(Every, StateModelTest,
                         testing::Values(StateModel{"lfm2",
                                                    "Lfm2ForCausalLM",
                                                    {"conv.in_proj", "conv.out_proj", "feed_forward.w1",
                                                     "feed_forward.w2", "feed_forward.w3"}},
                                         StateModel{
                                             "qwen3_5",
                                             "Qwen3_5ForCausalLM",
                                             {"linear_attn.in_proj_qkv", "linear_attn.in_proj_z",
                                              "linear_attn.in_proj_b", "linear_attn.in_proj_a", "linear_attn.out_proj",
                                              "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"}}),
                         [](const auto& model) { return std::string(model.param.arch); });

}  // namespace
}  // namespace rosa::test
