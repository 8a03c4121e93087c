// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/weight_average.h"

#include <ATen/ATen.h>
#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <tuple>
#include <vector>

#include "engine/adapt/matrices.h"
#include "engine/train/sample_project.h"
#include "engine/train/test_run.h"
#include "train/evaluation.h"

namespace rosa::train {
namespace {

/// What the model computes with, layer by layer and tensor by tensor.
std::map<std::string, at::Tensor> effectiveWeights(const Session& session) {
  std::map<std::string, at::Tensor> all;
  for (const auto& stored : session.model->tensors()) all[stored.name] = stored.tensor.clone();
  for (const auto& layer : session.layers) {
    auto merged = at::empty_like(layer.slot->weight());
    layer.adaptation->writeMerged(merged);
    all["merged " + layer.name] = merged;
  }
  for (const auto* parameter : session.parameters) all["trained " + parameter->name] = parameter->value.clone();
  return all;
}

double evaluationLoss(const Session& session) {
  return evaluateExamples(*session.model, session.validation, session.evaluationSettings(), {})->loss;
}

using AveragedMethod = std::tuple<Method, Form>;
class WeightAverageTest : public testing::TestWithParam<AveragedMethod> {
 protected:
  WeightAverageTest() {
    auto& config = project_.config;
    std::tie(config.method, config.form) = GetParam();
    config.ema = 0.8;
    config.steps = 7;
    config.warmup = {};
    config.clip = 0;
    config.trainBias = true;
  }
  test::SampleProject project_;
};

/// min(0.8, (1 + t) / (10 + t)), by hand.
constexpr double kDecays[] = {2.0 / 11, 3.0 / 12, 4.0 / 13, 5.0 / 14, 6.0 / 15, 7.0 / 16, 8.0 / 17};

TEST_P(WeightAverageTest, IsTheMeanOfWhatWasTrained) {
  const auto session = project_.open();
  // Layers that resample are averaged as a whole, all else as it is trained.
  std::map<std::string, at::Tensor> expected;
  const auto watch = [&](double decay) {
    for (const auto& [name, tensor] : effectiveWeights(*session)) {
      auto& mean = expected[name];
      const auto now = tensor.to(at::kDouble);
      mean = mean.defined() ? decay * mean + (1 - decay) * now : now;
    }
  };
  watch(0);
  test::TestRun run(*session);
  run.onEvent = test::whenever<StepCompleted>([&](const auto& step) { watch(kDecays[step.step - 1]); });
  ASSERT_TRUE(run.train().hasValue());

  const auto trained = effectiveWeights(*session);
  double moved = 0;
  {
    const UseAverage averaged(session->average.get());
    const auto means = effectiveWeights(*session);
    for (const auto& layer : session->layers) {
      if (!layer.adaptation->resamples()) continue;
      EXPECT_LT(test::distance(means.at("merged " + layer.name), expected.at("merged " + layer.name)), 2e-6);
    }
    for (const auto& [name, mean] : session->average->state()) {
      const auto whole =
          std::ranges::find(session->layers, name, [](const auto& layer) { return layer.name + ".weight"; });
      if (whole != session->layers.end() && whole->adaptation->resamples()) continue;
      EXPECT_LT(test::distance(means.at("trained " + name), expected.at("trained " + name)), 2e-6) << name;
    }
    for (const auto& [name, tensor] : means) moved = std::max(moved, test::distance(tensor, trained.at(name)));
  }
  EXPECT_GT(moved, 1e-4) << "the means are too near the weights to tell them apart";
}

TEST_P(WeightAverageTest, ExchangedTwiceEverythingIsAsItWas) {
  const auto session = project_.open();
  test::TestRun run(*session);
  ASSERT_TRUE(run.train().hasValue());
  const auto before = effectiveWeights(*session);
  std::map<std::string, at::Tensor> means;
  for (const auto& [name, tensor] : session->average->state()) means[name] = tensor.clone();
  const double loss = evaluationLoss(*session);
  {
    const UseAverage averaged(session->average.get());
    EXPECT_NE(evaluationLoss(*session), loss);
  }
  EXPECT_EQ(evaluationLoss(*session), loss);
  for (const auto& [name, tensor] : effectiveWeights(*session)) EXPECT_TRUE(at::equal(tensor, before.at(name))) << name;
  for (const auto& [name, tensor] : session->average->state()) EXPECT_TRUE(at::equal(tensor, means.at(name))) << name;
}

/// A CPU allocator that has no memory left for a tensor of more than a few numbers, for as long as the object lives.
class NoMemory final : public c10::Allocator {
 public:
  NoMemory() : usual_(c10::GetCPUAllocator()) { c10::SetCPUAllocator(this, kPriority); }
  ~NoMemory() override { c10::SetCPUAllocator(usual_, kPriority); }
  c10::DataPtr allocate(std::size_t bytes) override {
    if (bytes > 1024) throw std::bad_alloc();
    return usual_->allocate(bytes);
  }
  void copy_data(void* to, const void* from, std::size_t bytes) const override { usual_->copy_data(to, from, bytes); }

 private:
  static constexpr std::uint8_t kPriority = 200;
  c10::Allocator* usual_;
};

TEST_P(WeightAverageTest, TheWeightsComeBackWhereMemoryHasEnded) {
  if (test::deviceUnderTest().is_cuda()) GTEST_SKIP() << "the memory that ends here is the CPU's";
  const auto session = project_.open();
  test::TestRun run(*session);
  ASSERT_TRUE(run.train().hasValue());
  const auto before = effectiveWeights(*session);
  auto averaged = std::make_unique<UseAverage>(session->average.get());
  {
    const NoMemory noMemory;
    averaged.reset();
  }
  // What DoRA derives from its factors needs memory: it is not used before it is right again.
  const bool derives = project_.config.method == Method::Dora;
  for (const auto& [name, tensor] : effectiveWeights(*session)) {
    if (derives && name.starts_with("merged ")) continue;
    EXPECT_TRUE(at::equal(tensor, before.at(name))) << name;
  }
  if (derives) {
    EXPECT_THROW(session->average->update(8), std::bad_alloc);
  }
}

TEST_P(WeightAverageTest, NothingIsExchangedWhereMemoryHasEnded) {
  if (test::deviceUnderTest().is_cuda()) GTEST_SKIP() << "the memory that ends here is the CPU's";
  const auto session = project_.open();
  test::TestRun run(*session);
  ASSERT_TRUE(run.train().hasValue());
  const auto before = effectiveWeights(*session);
  {
    const NoMemory noMemory;
    try {
      const UseAverage averaged(session->average.get());
    } catch (const std::bad_alloc&) {  // not thrown by methods that need no memory for it
    }
  }
  for (const auto& [name, tensor] : effectiveWeights(*session)) EXPECT_TRUE(at::equal(tensor, before.at(name))) << name;
  const double loss = evaluationLoss(*session);
  {
    const UseAverage averaged(session->average.get());
    EXPECT_NE(evaluationLoss(*session), loss);
  }
  EXPECT_EQ(evaluationLoss(*session), loss);
}

TEST_P(WeightAverageTest, IsWhatIsEvaluated) {
  project_.config.evalEvery = test::everySteps(7);
  const auto session = project_.open();
  test::TestRun run(*session);
  ASSERT_TRUE(run.train().hasValue());
  const double live = evaluationLoss(*session);
  const UseAverage averaged(session->average.get());
  EXPECT_EQ(run.all<EvaluationCompleted>().at(0).loss, evaluationLoss(*session));
  EXPECT_NE(evaluationLoss(*session), live);
}

INSTANTIATE_TEST_SUITE_P(
    Methods, WeightAverageTest,
    testing::Values(AveragedMethod{Method::Rosa, Form::Merged}, AveragedMethod{Method::Rosa, Form::Branch},
                    AveragedMethod{Method::Lora, Form::Merged}, AveragedMethod{Method::Lora, Form::Branch},
                    AveragedMethod{Method::Dora, Form::Auto}, AveragedMethod{Method::Ia3, Form::Auto},
                    AveragedMethod{Method::Galore, Form::Auto}, AveragedMethod{Method::Full, Form::Auto}));

TEST(WeightAverageBytes, AreThoseOfTheMeansAndStandInTheMemory) {
  test::SampleProject project;
  const auto without = project.open();
  project.config.ema = 0.9;
  const auto with = project.open();
  std::int64_t adapted = 0;
  for (const auto& layer : with->layers) adapted += static_cast<std::int64_t>(layer.slot->weight().nbytes());
  EXPECT_EQ(with->average->bytes(), adapted);
  EXPECT_EQ(measureMemory(*with, 0).parts.trainableBytes, measureMemory(*without, 0).parts.trainableBytes + adapted);
}

}  // namespace
}  // namespace rosa::train
