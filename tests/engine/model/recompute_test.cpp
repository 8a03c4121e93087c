// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/recompute.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapt/dense.h"
#include "engine/model/full_training.h"
#include "engine/model/tiny_models.h"

namespace rosa::model {
namespace {

using test::Family;

Pass passOf(bool recomputes) {
  Pass pass;
  pass.training = true;
  pass.seed = 3;
  pass.step = 2;
  pass.recomputes = recomputes;
  return pass;
}

/// The loss of a batch that goes away before the backward pass, and that pass.
double trainedLoss(Model& model, bool recomputes) {
  at::Tensor loss;
  {
    const auto batch = test::tinyBatch(model.config(), {7, 3, 9});
    loss = model.loss(batch, passOf(recomputes), 16);
  }
  loss.backward();
  return loss.item<double>();
}

class RecomputedFamily : public testing::TestWithParam<Family> {};

TEST_P(RecomputedFamily, GradientsAreThoseOfAPlainPassBitForBit) {
  const auto model = test::tinyModel(test::tinyConfig(GetParam(), 0.2));
  test::FullTraining training(*model);
  const auto plainLoss = trainedLoss(*model, false);
  std::map<std::string, at::Tensor> plain;
  for (const auto& [name, gradient] : training.gradients()) plain.emplace(name, gradient.clone());
  training.clear();
  EXPECT_EQ(trainedLoss(*model, true), plainLoss);
  for (const auto& [name, gradient] : training.gradients()) {
    EXPECT_TRUE(at::equal(gradient, plain.at(name))) << name;
  }
}

TEST_P(RecomputedFamily, AnUpperLayerTrainsAloneAllTheSame) {
  std::vector<at::Tensor> gradients;
  for (const bool recomputes : {false, true}) {
    const auto model = test::tinyModel(test::tinyConfig(GetParam()));
    auto* slot = model->linears().back();
    auto dense = std::make_unique<adapt::Dense>(slot->weight(), slot->name());
    auto* parameter = dense->parameters().front();
    parameter->gradient = at::zeros_like(parameter->value);
    slot->attach(std::move(dense));
    trainedLoss(*model, recomputes);
    gradients.push_back(parameter->gradient);
  }
  EXPECT_GT(gradients[0].abs().max().item<double>(), 0);
  EXPECT_TRUE(at::equal(gradients[0], gradients[1]));
}

INSTANTIATE_TEST_SUITE_P(Recompute, RecomputedFamily, testing::ValuesIn(test::kEveryFamily),
                         testing::PrintToStringParamName());

TEST(Recompute, APrefixTrains) {
  std::vector<at::Tensor> gradients;
  for (const bool recomputes : {false, true}) {
    const auto model = test::tinyModel(test::tinyConfig(Family::Llama));
    auto& prefix = model->prepend(VirtualKind::Prefix, 3, 1);
    prefix.gradient = at::zeros_like(prefix.value);
    if (prefix.autogradLeaf) prefix.value.mutable_grad() = prefix.gradient;
    trainedLoss(*model, recomputes);
    gradients.push_back(prefix.gradient.clone());
  }
  EXPECT_GT(gradients[0].abs().max().item<double>(), 0);
  EXPECT_TRUE(at::equal(gradients[0], gradients[1]));
}

TEST(Recompute, LayersRunAgainOnlyInTheBackwardPass) {
  int runs = 0;
  const auto x = at::full({2}, 3.0).requires_grad_();
  const auto y = recomputed(
      [&runs](const std::vector<at::Tensor>& inputs) {
        ++runs;
        EXPECT_FALSE(inputs[1].defined());
        return inputs[0] * inputs[0];
      },
      {x, at::Tensor()});
  EXPECT_EQ(runs, 1);
  y.sum().backward();
  EXPECT_EQ(runs, 2);
  EXPECT_TRUE(at::equal(x.grad(), at::full({2}, 6.0)));
}

TEST(Recompute, WithoutGradientsABlockIsPlain) {
  const auto model = test::tinyModel(test::tinyConfig(Family::Gpt2));
  const auto batch = test::tinyBatch(model->config(), {5});
  const at::NoGradGuard noGrad;
  EXPECT_TRUE(at::equal(model->loss(batch, passOf(true), 4), model->loss(batch, passOf(false), 4)));
}

}  // namespace
}  // namespace rosa::model
