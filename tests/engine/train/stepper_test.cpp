// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/stepper.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "adapt/adaptation.h"
#include "model/model.h"
#include "optim/arena.h"
#include "optim/optimizer.h"

namespace rosa::train {
namespace {

/// A model of one trained vector p whose loss is f(p) for every target.
class OneVector final : public model::Model {
 public:
  OneVector(const std::vector<float>& start, std::function<at::Tensor(const at::Tensor&)> function)
      : function_(std::move(function)) {
    parameter.name.push_back('p');
    parameter.value = at::tensor(start).requires_grad_(true);
    parameter.segment = adapt::Segment::Dense;
    parameter.autogradLeaf = true;
  }

  adapt::Parameter parameter;
  std::vector<model::Pass> passes;  ///< of every loss that was asked for

  /// What a pass may hold before memory runs out.
  std::int64_t mostSequences = 1000;
  bool mustRecompute = false;

  at::Tensor loss(const model::Batch& batch, const model::Pass& pass, double divisor) override {
    if (std::ssize(batch.offsets) - 1 > mostSequences || (mustRecompute && !pass.recomputes)) throw std::bad_alloc();
    passes.push_back(pass);
    return function_(parameter.value) * static_cast<double>(batch.targets.numel()) / divisor;
  }

  const model::ModelConfig& config() const override { return config_; }
  const std::vector<model::NamedTensor>& tensors() const override { return tensors_; }
  const std::vector<model::LinearSlot*>& linears() const override { return linears_; }
  at::Tensor logits(const model::Batch& /*batch*/, const at::Tensor& /*rows*/) override { return {}; }
  at::Tensor nextLogits(const model::Batch& /*batch*/, model::KeyValueCache& /*cache*/,
                        const std::vector<std::int64_t>& /*sequences*/) override {
    return {};
  }
  adapt::Parameter* train(std::string_view /*name*/) override { return nullptr; }
  std::vector<adapt::Parameter*> trainRows(const std::vector<std::int64_t>& /*ids*/) override { return {}; }
  [[nodiscard]] const model::TokenRows* trainedRows(std::string_view /*name*/) const override { return nullptr; }
  adapt::Parameter& prepend(model::VirtualKind /*kind*/, std::int64_t /*count*/, std::uint64_t /*seed*/) override {
    return parameter;
  }
  std::vector<std::string> headTensors() const override { return {}; }

 private:
  std::function<at::Tensor(const at::Tensor&)> function_;
  model::ModelConfig config_;
  std::vector<model::NamedTensor> tensors_;
  std::vector<model::LinearSlot*> linears_;
};

/// Tells what is asked of it, in order.
class Diary final : public adapt::Adaptation {
 public:
  std::vector<std::string> lines;

  void forward(const at::Tensor& /*x*/, at::Tensor& /*y*/, adapt::SavedForBackward& /*saved*/) const override {}
  void backward(const at::Tensor& /*x*/, const adapt::SavedForBackward& /*saved*/, const at::Tensor& /*dy*/,
                at::Tensor& /*dx*/) override {}
  adapt::ParameterList parameters() override { return {}; }
  void writeMerged(at::Tensor /*destination*/) const override {}
  void beforeStep() override { lines.emplace_back("before"); }
  void afterStep() override { lines.emplace_back("after"); }
  void decay(double share) override { lines.push_back("decay " + std::to_string(share)); }
};

data::FlatBatch batchOf(std::int64_t targets) {
  data::FlatBatch batch;
  batch.tokenIds = batch.positionIds = {0, 0, 0};
  batch.offsets = {0, 3};
  batch.targets.assign(static_cast<std::size_t>(targets), 1);
  batch.targetCount = targets;
  return batch;
}

/// Plain SGD on a OneVector.
class StepperTest : public testing::Test {
 protected:
  Stepper make(OneVector& model, double clip = 0) {
    RunConfig config;
    config.optimizer = Optimizer::Sgd;
    config.weightDecay = 0;
    arena_ = std::make_unique<optim::Arena>(adapt::ParameterList{&model.parameter}, optim::momentsNeeded(config));
    optimizer_ = optim::makeOptimizer(config, *arena_);
    return {model, {}, *arena_, *optimizer_, {.clip = clip, .seed = 7, .labelSmoothing = 0.1, .embeddingNoise = 5}};
  }

  static std::vector<float> valuesOf(const OneVector& model) {
    const auto values = model.parameter.value.detach();
    return {values.const_data_ptr<float>(), values.const_data_ptr<float>() + values.numel()};
  }

  std::unique_ptr<optim::Arena> arena_;
  std::unique_ptr<optim::Optimizer> optimizer_;
};

TEST_F(StepperTest, AnInfiniteGradientOfAFiniteLossIsNotApplied) {
  OneVector model({0, 4}, [](const at::Tensor& p) { return p.sqrt().sum(); });
  auto stepper = make(model);
  const auto result = stepper.run(std::vector{batchOf(2)}, 1, 0.1);
  EXPECT_DOUBLE_EQ(result.loss, 2);
  EXPECT_TRUE(std::isinf(result.gradientNorm));
  EXPECT_FALSE(result.applied);
  EXPECT_EQ(valuesOf(model), (std::vector<float>{0, 4}));
}

TEST_F(StepperTest, TheNormIsToldBeforeClippingAndTheStepTakenAfterIt) {
  OneVector model({0, 0}, [](const at::Tensor& p) { return p[0] * 3 + p[1] * 4; });
  auto stepper = make(model, 1.0);
  const auto result = stepper.run(std::vector{batchOf(2)}, 1, 0.5);
  EXPECT_DOUBLE_EQ(result.gradientNorm, 5);
  EXPECT_TRUE(result.applied);
  const auto moved = valuesOf(model);
  EXPECT_NEAR(moved[0], -0.5 * 3 / 5, 1e-6);
  EXPECT_NEAR(moved[1], -0.5 * 4 / 5, 1e-6);
}

TEST_F(StepperTest, ASmallGradientIsNotClipped) {
  OneVector model({0, 0}, [](const at::Tensor& p) { return p[0] * 3 + p[1] * 4; });
  auto stepper = make(model, 6.0);
  (void)stepper.run(std::vector{batchOf(2)}, 1, 0.5);
  EXPECT_EQ(valuesOf(model), (std::vector<float>{-1.5, -2}));
}

TEST_F(StepperTest, AnAdaptationHearsOfTheStepAndOfItsDecay) {
  OneVector model({0}, [](const at::Tensor& p) { return p.sum(); });
  (void)make(model);  // arena and optimizer
  Diary diary;
  Stepper plain(model, {&diary}, *arena_, *optimizer_, {});
  (void)plain.run(std::vector{batchOf(1)}, 1, 0.5);
  EXPECT_EQ(diary.lines, (std::vector<std::string>{"before", "after"}));
  diary.lines.clear();
  Stepper decaying(model, {&diary}, *arena_, *optimizer_, {.weightDecay = 0.1});
  (void)decaying.run(std::vector{batchOf(1)}, 2, 0.5);
  EXPECT_EQ(diary.lines, (std::vector<std::string>{"decay 0.050000", "before", "after"}));
}

TEST_F(StepperTest, EachStepHasItsOwnGradientAndDropoutKey) {
  OneVector model({0}, [](const at::Tensor& p) { return p.sum(); });
  auto stepper = make(model);
  auto second = batchOf(3);
  second.place.microBatch = 1;
  for (std::int64_t step = 1; step <= 3; ++step) {
    EXPECT_DOUBLE_EQ(stepper.run(std::vector{batchOf(1), second}, step, 0.5).gradientNorm, 1);
  }
  EXPECT_EQ(valuesOf(model), std::vector<float>{-1.5});
  ASSERT_EQ(model.passes.size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_TRUE(model.passes[i].training);
    EXPECT_EQ(model.passes[i].seed, 7U);
    EXPECT_EQ(model.passes[i].step, static_cast<std::int64_t>(1 + i / 2));
    EXPECT_EQ(model.passes[i].microBatch, static_cast<std::int64_t>(i % 2));
  }
}

TEST_F(StepperTest, SmoothingAndNoiseAreForTrainingAlone) {
  OneVector model({3}, [](const at::Tensor& p) { return p.sum(); });
  auto stepper = make(model);
  (void)stepper.run(std::vector{batchOf(1)}, 1, 0.5);
  (void)stepper.rehearse(batchOf(1));
  (void)stepper.evaluationLoss(batchOf(1));
  ASSERT_EQ(model.passes.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(model.passes[i].labelSmoothing, i < 2 ? 0.1 : 0);
    EXPECT_EQ(model.passes[i].embeddingNoise, i < 2 ? 5 : 0);
  }
}

TEST_F(StepperTest, AMicroBatchWithoutTargetsAddsNothing) {
  OneVector model({3}, [](const at::Tensor& p) { return p.sum(); });
  auto stepper = make(model);
  std::vector batches = {batchOf(1), batchOf(0), batchOf(3)};
  for (std::size_t i = 0; i < batches.size(); ++i) batches[i].place.microBatch = static_cast<std::int64_t>(i);
  const auto result = stepper.run(batches, 1, 0.5);
  EXPECT_DOUBLE_EQ(result.loss, 3);
  EXPECT_DOUBLE_EQ(result.gradientNorm, 1);
  EXPECT_EQ(result.tokens, 9);
  ASSERT_EQ(model.passes.size(), 2U);
  EXPECT_EQ(model.passes[1].microBatch, 2) << "the others' dropout masks must not depend on it";
  EXPECT_TRUE(std::isnan(stepper.evaluationLoss(batchOf(0))));
}

/// Sequences of one token and one target each.
data::FlatBatch sequences(std::int64_t count) {
  data::FlatBatch batch;
  for (std::int64_t i = 1; i <= count; ++i) {
    batch.tokenIds.push_back(i);
    batch.positionIds.push_back(0);
    batch.targets.push_back(1);
    batch.offsets.push_back(i);
  }
  batch.targetCount = count;
  return batch;
}

TEST_F(StepperTest, AStepThatDoesNotFitIsTakenInSmallerPieces) {
  OneVector model({3}, [](const at::Tensor& p) { return p.sum(); });
  auto stepper = make(model);
  model.mostSequences = 3;
  const auto result = stepper.run(std::vector{sequences(10), sequences(5)}, 1, 0.5);
  EXPECT_TRUE(result.applied);
  EXPECT_NEAR(result.loss, 3, 1e-6);
  EXPECT_NEAR(result.gradientNorm, 1, 1e-6) << "what was added before memory ran out is gone";
  EXPECT_NE(result.shrunk.find("Step 1 did not fit"), std::string::npos) << result.shrunk;
  EXPECT_NE(result.shrunk.find("hold 3 of their examples"), std::string::npos) << result.shrunk;
  EXPECT_EQ(stepper.run(std::vector{sequences(10)}, 2, 0.5).shrunk, "") << "the pieces stay small";
}

TEST_F(StepperTest, SingleExamplesThatDoNotFitAreRecomputed) {
  OneVector model({3}, [](const at::Tensor& p) { return p.sum(); });
  auto stepper = make(model);
  model.mustRecompute = true;
  const auto shrunk = stepper.rehearse(sequences(4));
  EXPECT_NE(shrunk.find("The longest micro-batch did not fit"), std::string::npos) << shrunk;
  EXPECT_NE(shrunk.find("gradient checkpointing"), std::string::npos) << shrunk;
  EXPECT_TRUE(stepper.run(std::vector{sequences(4)}, 1, 0.5).applied);
  model.mostSequences = 0;
  EXPECT_THROW((void)stepper.run(std::vector{sequences(4)}, 2, 0.5), std::bad_alloc);
}

TEST_F(StepperTest, ARehearsalAndAnEvaluationLeaveNoTrace) {
  OneVector model({3}, [](const at::Tensor& p) { return p.sum(); });
  auto stepper = make(model);
  (void)stepper.rehearse(batchOf(2));
  EXPECT_EQ(arena_->gradientNorm(), 0);
  EXPECT_DOUBLE_EQ(stepper.evaluationLoss(batchOf(2)), 3);
  EXPECT_FALSE(model.passes.back().training);
  EXPECT_EQ(arena_->gradientNorm(), 0);
  EXPECT_EQ(valuesOf(model), std::vector<float>{3});
}

}  // namespace
}  // namespace rosa::train
