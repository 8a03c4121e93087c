// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/model.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/model/full_training.h"
#include "engine/model/tiny_models.h"

namespace rosa::model {
namespace {

std::string familyOf(const testing::TestParamInfo<test::Family>& info) {
  std::string name(familyName(info.param));
  std::erase(name, '-');
  return name;
}

class EveryFamily : public testing::TestWithParam<test::Family> {
 protected:
  /// Without autograd.
  static double loss(Model& model, const Batch& batch, const Pass& pass) {
    const at::NoGradGuard noGrad;
    return model.loss(batch, pass, 4).item<double>();
  }
};

constexpr Pass kTraining{.training = true, .seed = 8, .step = 2, .microBatch = 1};

class EveryFamilyWithDropout : public EveryFamily {};

TEST_P(EveryFamilyWithDropout, DropoutRepeatsByItsKeyAndIsOffInEvaluation) {
  const auto model = test::tinyModel(test::tinyConfig(GetParam(), 0.2));
  const auto batch = test::tinyBatch(model->config(), {5, 1, 8});
  const auto trained = loss(*model, batch, kTraining);
  EXPECT_EQ(loss(*model, batch, kTraining), trained);
  auto other = kTraining;
  other.seed = 9;
  EXPECT_NE(loss(*model, batch, other), trained);
  other = kTraining;
  other.step = 3;
  EXPECT_NE(loss(*model, batch, other), trained);
  other = kTraining;
  other.microBatch = 0;
  EXPECT_NE(loss(*model, batch, other), trained);

  const auto evaluated = loss(*model, batch, {});
  EXPECT_NE(evaluated, trained);
  other = kTraining;
  other.training = false;
  EXPECT_EQ(loss(*model, batch, other), evaluated);
  const auto without = test::tinyModel(test::tinyConfig(GetParam(), 0));
  EXPECT_EQ(loss(*without, batch, kTraining), evaluated);
}

TEST_P(EveryFamily, GradientsUnderDropoutAreTheLosssSlope) {
  const auto model = test::tinyModel(test::tinyConfig(GetParam(), 0.2));
  const auto batch = test::tinyBatch(model->config(), {5, 1, 8});
  test::FullTraining training(*model);
  const auto value = model->loss(batch, kTraining, 4);
  EXPECT_EQ(value.item<double>(), loss(*model, batch, kTraining));
  value.backward();

  const at::NoGradGuard noGrad;
  double squares = 0;
  for (const auto& [name, gradient] : training.gradients()) {
    EXPECT_GT(test::largest(gradient), 0) << name;
    squares += gradient.square().sum().item<double>();
  }
  // Along the gradient the loss rises by the gradient's length.
  const auto norm = std::sqrt(squares);
  const auto moved = [&](double distance) {
    for (const auto& [name, gradient] : training.gradients())
      test::stored(*model, name).add_(gradient, distance / norm);
    return loss(*model, batch, kTraining);
  };
  constexpr double kStep = 5e-4;
  const auto above = moved(kStep);
  const auto below = moved(-2 * kStep);
  EXPECT_NEAR((above - below) / (2 * kStep), norm, 0.01 * norm);
}

TEST_P(EveryFamily, MicroBatchesAddUpToTheWholeBatch) {
  const auto model = test::tinyModel(test::tinyConfig(GetParam()));
  const auto& config = model->config();
  test::FullTraining training(*model);
  const auto first = test::tinyBatch(config, {5, 2}, 1);
  const auto second = test::tinyBatch(config, {8}, 2);
  Batch whole;
  whole.tokenIds = at::cat({first.tokenIds, second.tokenIds});
  whole.positionIds = at::cat({first.positionIds, second.positionIds});
  whole.offsets = {0, 5, 7, 15};
  whole.targets = at::cat({first.targets, second.targets});
  model->loss(whole, kTraining, 4).backward();
  std::map<std::string, at::Tensor> expected;
  for (const auto& [name, gradient] : training.gradients()) expected[name] = gradient.clone();
  const auto total = loss(*model, whole, kTraining);

  training.clear();
  model->loss(first, kTraining, 4).backward();
  model->loss(second, kTraining, 4).backward();
  for (const auto& [name, gradient] : training.gradients())
    EXPECT_LE(test::distance(gradient, expected[name]), 1e-5 * test::largest(expected[name]) + 1e-6) << name;
  EXPECT_NEAR(loss(*model, first, kTraining) + loss(*model, second, kTraining), total, 1e-5);
}

TEST_P(EveryFamily, OnlyWhatWasAskedForTrains) {
  const auto model = test::tinyModel(test::tinyConfig(GetParam(), 0.2));
  const auto batch = test::tinyBatch(model->config(), {5, 1, 8});
  EXPECT_FALSE(model->loss(batch, kTraining, 4).requires_grad());

  auto* slot = model->linears().back();
  auto dense = std::make_unique<adapt::Dense>(slot->weight(), slot->name());
  auto& parameter = *dense->parameters().front();
  parameter.gradient = at::zeros_like(parameter.value);
  slot->attach(std::move(dense));
  model->loss(batch, kTraining, 4).backward();

  const auto full = test::tinyModel(test::tinyConfig(GetParam(), 0.2));
  test::FullTraining training(*full);
  full->loss(batch, kTraining, 4).backward();
  auto expected = training.gradients().at(slot->name() + ".weight");
  if (expected.sizes() != parameter.gradient.sizes()) expected = expected.t();
  EXPECT_LE(test::distance(parameter.gradient, expected), 1e-6);

  slot->attach(nullptr);
  EXPECT_EQ(slot->adaptation(), nullptr);
  EXPECT_FALSE(model->loss(batch, kTraining, 4).requires_grad());
}

TEST_P(EveryFamily, SlotsAreViewsOfTheStoredTensors) {
  const auto model = test::tinyModel(test::tinyConfig(GetParam()));
  const std::set<test::Family> withoutBiases = {test::Family::Llama, test::Family::ModernBert, test::Family::Lfm2,
                                                test::Family::Qwen35, test::Family::Gemma4};
  std::size_t attention = 0;
  for (auto* slot : model->linears()) {
    const auto tensor = test::stored(*model, slot->name() + ".weight");
    EXPECT_EQ(slot->weight().data_ptr(), tensor.data_ptr()) << slot->name();
    EXPECT_EQ(slot->weight().numel(), tensor.numel()) << slot->name();
    EXPECT_TRUE(tensor.is_contiguous() || GetParam() != test::Family::Gpt2) << slot->name();
    EXPECT_EQ(slot->hasBias(), !withoutBiases.contains(GetParam())) << slot->name();
    attention += slot->attention();
  }
  // Two layers of q, k, v and the output, unless q, k, v are one, both layers are, distances have matrices too, a
  // convolution stands in place of one, or two more layers have no keys and values of their own.
  const std::map<test::Family, std::size_t> others = {{test::Family::Gpt2, 4},   {test::Family::ModernBert, 4},
                                                      {test::Family::Albert, 4}, {test::Family::DebertaConv, 12},
                                                      {test::Family::Lfm2, 6},   {test::Family::Qwen35, 9},
                                                      {test::Family::Gemma4, 12}};
  EXPECT_EQ(attention, others.contains(GetParam()) ? others.at(GetParam()) : 8U);
  EXPECT_EQ(model->train(model->linears().front()->name() + ".weight"), nullptr);
  EXPECT_EQ(model->train("no.such.tensor"), nullptr);
  const auto& first = model->tensors().front().name;
  EXPECT_EQ(model->train(first), model->train(first));
}

TEST_P(EveryFamily, ASequenceDoesNotSeeItsNeighbours) {
  const auto model = test::tinyModel(test::tinyConfig(GetParam()));
  const auto together = test::tinyBatch(model->config(), {5, 1, 8});
  const auto all = model->logits(together);
  for (std::size_t i = 0; i + 1 < together.offsets.size(); ++i) {
    const auto begin = together.offsets[i];
    const auto length = together.offsets[i + 1] - begin;
    Batch alone;
    alone.tokenIds = together.tokenIds.narrow(0, begin, length);
    alone.positionIds = together.positionIds.narrow(0, begin, length);
    alone.offsets = {0, length};
    const auto expected = model->config().head == Head::LanguageModel ? all.narrow(0, begin, length)
                                                                      : all.narrow(0, static_cast<std::int64_t>(i), 1);
    EXPECT_LE(test::distance(model->logits(alone), expected), 2e-6);
  }
}

std::vector<test::Family> familiesWithDropout() {
  std::vector<test::Family> all(std::begin(test::kEveryFamily), std::end(test::kEveryFamily));
  std::erase(all, test::Family::Lfm2);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Families, EveryFamily, testing::ValuesIn(test::kEveryFamily), familyOf);
INSTANTIATE_TEST_SUITE_P(Families, EveryFamilyWithDropout, testing::ValuesIn(familiesWithDropout()), familyOf);

TEST(Regression, IsTheSquaredErrorOverTheDivisor) {
  auto config = test::tinyConfig(test::Family::Roberta);
  config.erase("id2label");
  config["num_labels"] = 1;
  const auto model = test::tinyModel(config);
  EXPECT_EQ(model->config().head, Head::Regression);
  auto batch = test::tinyBatch(model->config(), {4, 6});
  batch.targets = at::tensor({0.5F, -2.0F});
  const auto scores = model->logits(batch).squeeze(1);
  const at::NoGradGuard noGrad;
  EXPECT_NEAR(model->loss(batch, {}, 3).item<double>(), (scores - batch.targets).square().sum().item<double>() / 3,
              1e-6);
}

}  // namespace
}  // namespace rosa::model
