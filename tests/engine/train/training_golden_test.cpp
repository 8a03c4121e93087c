// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/model/golden_model.h"
#include "engine/train/golden_run.h"
#include "engine/train/test_run.h"

/// Trainings by transformers and PEFT (golden/README.md, training), repeated by the engine's own loop: full, LoRA, DoRA
/// and IA3, accumulation, warm-up and decay groups. Methods and optimizers that are not built are skipped by name.
namespace rosa::train {
namespace {

namespace fs = std::filesystem;
using base::Json;

// README's limits.
struct Limits {
  double loss = 2e-5;
  double norm = 1e-4;  // of the norm
  double values = 5e-5;
};
// The noise of gradients that are truly zero enters the RMS of whole tensors.
constexpr Limits kFullAdafactorLimits{5e-4, 5e-4, 2e-3};

constexpr std::string_view kPeftPrefix = "base_model.model.";

fs::path trainingFolder() {
  return test::goldenDirectory() / "training";
}

using TrainingCase = std::tuple<std::string, Form>;

/// LoRA in both forms; the others have but one.
std::vector<TrainingCase> trainingCases() {
  std::vector<TrainingCase> all;
  const auto index = test::traceIndex(trainingFolder());
  for (const auto& [name, settings] : index.items()) {
    all.emplace_back(name, Form::Merged);
    if (settings.at("method") == "lora") all.emplace_back(name, Form::Branch);
  }
  return all;
}

/// Endings of PEFT's names and of the engine's for the same tensor.
constexpr std::pair<std::string_view, std::string_view> kEndings[] = {{".lora_A.weight", ":A"},
                                                                      {".lora_B.weight", ":B"},
                                                                      {".lora_magnitude_vector", ":magnitude"},
                                                                      {".ia3_l", ":factors"}};

/// "transformer.h.0.attn.c_attn" and the engine's ending of PEFT's name for an adapter's tensor; no ending for another
/// tensor, whose checkpoint name then comes back.
std::pair<std::string, std::string> peftName(std::string name) {
  if (name.starts_with(kPeftPrefix)) name.erase(0, kPeftPrefix.size());
  for (const auto& [ending, own] : kEndings) {
    if (name.ends_with(ending)) return {name.substr(0, name.size() - ending.size()), std::string(own)};
  }
  return {name, ""};
}

std::optional<Method> methodOf(const std::string& name) {
  const std::map<std::string, Method> known = {
      {"full", Method::Full}, {"lora", Method::Lora}, {"dora", Method::Dora}, {"ia3", Method::Ia3}};
  const auto found = known.find(name);
  return found == known.end() ? std::nullopt : std::optional(found->second);
}

class Training : public testing::TestWithParam<TrainingCase> {
 protected:
  void SetUp() override {
    const auto& [name, form] = GetParam();
    settings_ = test::traceIndex(trainingFolder()).at(name);
    golden_ = std::make_unique<test::GoldenTensors>(trainingFolder() / (name + ".safetensors"));
    config_ = test::traceConfig(*golden_);
    const auto method = settings_.at("method").get<std::string>();
    const auto known = methodOf(method);
    ASSERT_TRUE(known) << name << ": method " << method;
    const auto optimizer = settings_.at("optimizer").get<std::string>();
    ASSERT_TRUE(test::chooseOptimizer(optimizer, config_)) << name << ": " << optimizer;
    auto model = test::openModel(test::goldenDirectory() / "models" / settings_.at("model").get<std::string>());
    ASSERT_TRUE(model) << name << ": " << model.error().message;

    config_.method = *known;
    config_.form = form;
    config_.steps = settings_.at("steps").get<std::int64_t>();
    config_.accumulate = settings_.value("accumulation", std::int64_t{1});
    config_.learningRate = settings_.at("lr").get<double>();
    config_.weightDecay = settings_.at("weight_decay").get<double>();
    config_.decayAll = !settings_.value("no_decay_on_bias_and_norm", false);
    config_.momentum = config_.optimizer == Optimizer::Sgd ? 0.9 : 0;
    config_.scaleParameter = settings_.value("scale_parameter", false);
    if (config_.method == Method::Full && config_.optimizer == Optimizer::Adafactor) limits_ = kFullAdafactorLimits;
    config_.clip = settings_.at("clip_grad_norm").get<double>();
    if (settings_.contains("warmup")) {
      config_.schedule = Schedule::Linear;
      config_.warmup.steps = settings_.at("warmup").get<double>();
    }
    if (config_.method != Method::Full) chooseAdapters();
    session_ = test::sessionOf(config_, *std::move(model), test::examplesOf(*golden_));
    startAsGiven();
  }

  /// Rank, scale and layers as the given adapters have them; a head trains where one is given.
  void chooseAdapters() {
    if (config_.method != Method::Ia3) {
      config_.rank.value = settings_.at("r").get<std::int64_t>();
      config_.alpha = settings_.at("alpha").get<double>();
    }
    std::set<std::string> layers;
    config_.trainHead = false;
    for (const auto& [name, tensor] : golden_->tensors) {
      if (!name.starts_with("init.")) continue;
      const auto [layer, ending] = peftName(name.substr(5));
      if (!ending.empty()) {
        layers.insert(layer);
      } else {
        config_.trainHead = true;
      }
    }
    config_.layers = test::joined({layers.begin(), layers.end()}, ',');
  }

  /// The engine's tensor of that name as the reference lays it out.
  [[nodiscard]] at::Tensor tensorOf(const std::string& goldenName) const {
    const auto [name, ending] = peftName(goldenName);
    if (ending.empty()) return test::storedTensor(*session_->model, name);
    for (const auto* parameter : session_->parameters) {
      if (parameter->name != name + ".weight" + ending) continue;
      return parameter->value.dim() == 2 ? parameter->value.t() : parameter->value;
    }
    throw std::runtime_error("Nothing trains " + goldenName);
  }

  /// Moves everything that trains to the `init.*` values, W of the merged form included.
  void startAsGiven() {
    const at::NoGradGuard noGrad;
    for (auto* adaptation : session_->adaptations()) adaptation->beforeStep();
    for (const auto& [name, tensor] : golden_->tensors) {
      if (!name.starts_with("init.")) continue;
      auto own = tensorOf(name.substr(5));
      own.copy_(tensor.reshape(own.sizes()));
    }
    for (auto* adaptation : session_->adaptations()) adaptation->afterStep();
  }

  /// Without the entries whose true gradient is zero: "name" or "name[from:to]" of the index.
  [[nodiscard]] at::Tensor withoutNoise(const std::string& name, const at::Tensor& tensor) const {
    for (const auto& [entry, error] : settings_.at("zero_true_gradient_err").items()) {
      const auto bracket = entry.find('[');
      if (entry.substr(0, bracket) != name) continue;
      if (bracket == std::string::npos) return tensor.narrow(0, 0, 0);
      std::int64_t from = 0, to = 0;
      const char* end = entry.data() + entry.size();
      const auto colon = std::from_chars(entry.data() + bracket + 1, end, from).ptr;
      std::from_chars(colon + 1, end, to);
      return at::cat({tensor.narrow(0, 0, from), tensor.narrow(0, to, tensor.size(0) - to)});
    }
    return tensor;
  }

  void compareStep(const StepCompleted& step) {
    const auto index = static_cast<std::size_t>(step.step - 1);
    EXPECT_NEAR(step.loss, (*golden_)["loss"][step.step - 1].item<double>(), limits_.loss) << "step " << step.step;
    const double norm = (*golden_)["grad_norm"][step.step - 1].item<double>();
    EXPECT_NEAR(step.gradientNorm, norm, limits_.norm * norm) << "step " << step.step;
    EXPECT_NEAR(step.learningRate, settings_.at("lr_per_step").at(index).get<double>(), 1e-10) << "step " << step.step;
  }

  void compareFinal() {
    std::size_t compared = 0;
    for (const auto& [name, tensor] : golden_->tensors) {
      if (!name.starts_with("final.")) continue;
      const auto own = name.substr(6);
      const auto actual = withoutNoise(own, tensorOf(own));
      ASSERT_EQ(tensor.numel(), tensorOf(own).numel()) << name;
      const auto expected = withoutNoise(own, tensor).reshape(actual.sizes());
      if (actual.numel() == 0) continue;
      EXPECT_LE(test::distance(actual, expected), limits_.values) << name;
      ++compared;
    }
    EXPECT_GE(compared, 2U);
  }

  std::unique_ptr<test::GoldenTensors> golden_;
  Json settings_;
  RunConfig config_;
  Limits limits_;
  std::unique_ptr<Session> session_;
};

TEST_P(Training, EqualsTheReference) {
  EXPECT_EQ(session_->trainableParameters, settings_.at("trainable").get<std::int64_t>());
  test::TestRun run(*session_);
  run.onEvent = test::whenever<StepCompleted>([this](const auto& step) { compareStep(step); });
  const auto status = run.train();
  ASSERT_TRUE(status.hasValue()) << status.error().message;
  EXPECT_EQ(run.all<StepCompleted>().size(), static_cast<std::size_t>((*golden_)["loss"].size(0)));
  compareFinal();
}

std::string trainingCaseName(const testing::TestParamInfo<TrainingCase>& info) {
  return test::testNameOf(std::get<0>(info.param) + (std::get<1>(info.param) == Form::Merged ? "" : "_branch"));
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Training);
INSTANTIATE_TEST_SUITE_P(Golden, Training, testing::ValuesIn(trainingCases()), trainingCaseName);

TEST(TrainingTraces, AreThere) {
  if (trainingCases().empty()) GTEST_SKIP() << "no index.json in " << trainingFolder();
}

}  // namespace
}  // namespace rosa::train
