// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/low_rank.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <tuple>

#include "adapt/method.h"
#include "engine/adapt/matrices.h"

namespace rosa::adapt {
namespace {

constexpr std::int64_t kIn = 20, kOut = 30, kTokens = 11, kRank = 4;
constexpr double kScale = 1.5;

/// What the layer around an adaptation does, in fp32.
struct Layer {
  at::Tensor weight;
  std::unique_ptr<Adaptation> adaptation;

  Layer(at::Tensor w, const MethodSettings& settings) : weight(std::move(w)) {
    adaptation = *makeAdaptation(settings, weight, "layer", 0);
    if (adaptation->resamples()) adaptation->resample(0, 3);
    for (auto* parameter : adaptation->parameters()) parameter->gradient = at::zeros_like(parameter->value);
  }

  at::Tensor forward(const at::Tensor& x, SavedForBackward& saved) const {
    auto y = at::mm(x, weight);
    adaptation->forward(x, y, saved);
    return y;
  }
  at::Tensor backward(const at::Tensor& x, const SavedForBackward& saved, const at::Tensor& dy) {
    auto dx = at::mm(dy, weight.t());
    adaptation->backward(adaptation->needsInput() ? x : at::Tensor(), saved, dy, dx);
    return dx;
  }
  void sgdStep(double learningRate) {
    adaptation->beforeStep();
    for (auto* parameter : adaptation->parameters()) {
      parameter->value.add_(parameter->gradient, -learningRate);
      parameter->gradient.zero_();
    }
    adaptation->afterStep();
  }
  at::Tensor merged() const {
    auto w = at::empty_like(weight);
    adaptation->writeMerged(w);
    return w;
  }
  const LowRank& factors() const { return dynamic_cast<const LowRank&>(*adaptation); }
};

MethodSettings settingsOf(Form form, TrainedFactors trained, Method method = Method::Rosa) {
  MethodSettings settings;
  settings.method = method;
  settings.rank = Rank{kRank};
  settings.alpha = kScale * static_cast<double>(kRank);
  settings.form = form;
  settings.trained = trained;
  return settings;
}

class LowRankForms : public testing::TestWithParam<std::tuple<Form, TrainedFactors, bool>> {
 protected:
  at::Tensor startWeight() const {
    const auto w = test::randomMatrix(kIn, kOut, 1, 0.3);
    return std::get<2>(GetParam()) ? test::transposedLayout(w) : w;
  }
  MethodSettings settings() const { return settingsOf(std::get<0>(GetParam()), std::get<1>(GetParam())); }
};

TEST_P(LowRankForms, GradientsEqualAutogradInDoublePrecision) {
  Layer layer(startWeight(), settings());
  const auto x = test::randomMatrix(kTokens, kIn, 2);
  const auto dy = test::randomMatrix(kTokens, kOut, 3);

  const auto w = layer.merged().to(at::kDouble);
  auto a = layer.factors().a().to(at::kDouble).requires_grad_(true);
  auto b = layer.factors().b().to(at::kDouble).requires_grad_(true);
  auto input = x.to(at::kDouble).requires_grad_(true);
  const auto fixed = w - kScale * at::mm(a, b).detach();
  const auto expectedY = at::mm(input, fixed + kScale * at::mm(a, b));
  expectedY.backward(dy.to(at::kDouble));

  SavedForBackward saved;
  const auto y = layer.forward(x, saved);
  const auto dx = layer.backward(x, saved, dy);
  EXPECT_LT(test::distance(y, expectedY.detach()), 1e-5);
  EXPECT_LT(test::distance(dx, input.grad()), 1e-5);
  for (const auto* parameter : layer.adaptation->parameters()) {
    const auto& expected = parameter->name.ends_with(":A") ? a.grad() : b.grad();
    EXPECT_LT(test::distance(parameter->gradient, expected), 1e-5 * test::largest(expected)) << parameter->name;
  }

  // Gradients accumulate over micro-batches, and a layer below which nothing trains passes no dx.
  at::Tensor none;
  layer.adaptation->backward(layer.adaptation->needsInput() ? x : at::Tensor(), saved, dy, none);
  EXPECT_FALSE(none.defined());
  for (const auto* parameter : layer.adaptation->parameters()) {
    const auto expected = 2 * (parameter->name.ends_with(":A") ? a.grad() : b.grad());
    EXPECT_LT(test::distance(parameter->gradient, expected), 1e-5 * test::largest(expected)) << parameter->name;
  }
}

TEST_P(LowRankForms, WorksOnTheLayersPartOfAFusedOutput) {
  Layer layer(startWeight(), settings());
  const auto x = test::randomMatrix(kTokens, kIn, 2);
  SavedForBackward saved;
  const auto expected = layer.forward(x, saved);

  auto fused = at::zeros({kTokens, 3 * kOut});
  auto part = fused.narrow(1, kOut, kOut);
  at::mm_out(part, x, layer.weight);
  layer.adaptation->forward(x, part, saved);
  EXPECT_LT(test::distance(fused.narrow(1, kOut, kOut), expected), 1e-6);
  EXPECT_EQ(test::largest(fused.narrow(1, 0, kOut)), 0);
  EXPECT_EQ(test::largest(fused.narrow(1, 2 * kOut, kOut)), 0);
}

TEST_P(LowRankForms, OnlyTheTrainedFactorsAreParameters) {
  Layer layer(startWeight(), settings());
  const auto trained = std::get<1>(GetParam());
  std::vector<std::string> names, expected;
  for (const auto* parameter : layer.adaptation->parameters()) names.push_back(parameter->name);
  if (trained != TrainedFactors::B) expected.emplace_back("layer.weight:A");
  if (trained != TrainedFactors::A) expected.emplace_back("layer.weight:B");
  EXPECT_EQ(names, expected);
  EXPECT_EQ(layer.adaptation->needsInput(), trained != TrainedFactors::B);
}

INSTANTIATE_TEST_SUITE_P(All, LowRankForms,
                         testing::Combine(testing::Values(Form::Merged, Form::Branch),
                                          testing::Values(TrainedFactors::Both, TrainedFactors::A, TrainedFactors::B),
                                          testing::Bool()));

TEST(LowRank, MergedAndBranchFormTrainAlike) {
  for (const auto method : {Method::Rosa, Method::Lora}) {
    for (const auto trained : {TrainedFactors::Both, TrainedFactors::A, TrainedFactors::B}) {
      if (method == Method::Lora && trained == TrainedFactors::A) continue;  // B is zero: A has no gradient
      const auto w = test::randomMatrix(kIn, kOut, 1, 0.3);
      Layer merged(w.clone(), settingsOf(Form::Merged, trained, method));
      Layer branch(w.clone(), settingsOf(Form::Branch, trained, method));
      const auto target = test::randomMatrix(kTokens, kOut, 9);
      for (std::uint64_t step = 0; step < 40; ++step) {
        const auto x = test::randomMatrix(kTokens, kIn, 100 + step);
        for (auto* layer : {&merged, &branch}) {
          SavedForBackward saved;
          const auto y = layer->forward(x, saved);
          layer->backward(x, saved, 2.0 / (kTokens * kOut) * (y - target));
          layer->sgdStep(0.05);
        }
      }
      EXPECT_LT(test::distance(merged.merged(), branch.merged()), 2e-6);
      EXPECT_LT(test::distance(merged.factors().a(), branch.factors().a()), 1e-5);
      EXPECT_LT(test::distance(merged.factors().b(), branch.factors().b()), 1e-5);
      EXPECT_GT(test::distance(merged.merged(), w), 1e-3) << "nothing trained";
    }
  }
}

TEST(LowRank, TheMergedFormsWeightStaysItsSplit) {
  // 2000 steps of random size: what W and W_fixed + s·A·B part by is W's own rounding, at random.
  const auto w = test::randomMatrix(kIn, kOut, 1, 0.3);
  Layer layer(w.clone(), settingsOf(Form::Merged, TrainedFactors::Both));
  const auto split = [&] {
    return kScale * at::mm(layer.factors().a().to(at::kDouble), layer.factors().b().to(at::kDouble));
  };
  const auto fixed = layer.weight.to(at::kDouble) - split();
  for (std::uint64_t step = 0; step < 2000; ++step) {
    for (auto* parameter : layer.adaptation->parameters()) {
      parameter->gradient = test::randomMatrix(parameter->value.size(0), parameter->value.size(1), step);
    }
    layer.sgdStep(1e-3);
  }
  EXPECT_LT(test::distance(layer.weight, fixed + split()), 2000 * 6e-8 * test::largest(w) / 10);
}

TEST(Dense, GradientLandsInTheWeightsOwnLayout) {
  for (const bool transposed : {false, true}) {
    auto w = test::randomMatrix(kIn, kOut, 1, 0.3);
    MethodSettings settings;
    settings.method = Method::Full;
    Layer layer(transposed ? test::transposedLayout(w) : w, settings);
    auto* parameter = layer.adaptation->parameters().at(0);
    EXPECT_EQ(parameter->name, "layer.weight");
    EXPECT_EQ(parameter->segment, Segment::Dense);
    EXPECT_TRUE(parameter->value.is_alias_of(layer.weight));
    const auto x = test::randomMatrix(kTokens, kIn, 2);
    const auto dy = test::randomMatrix(kTokens, kOut, 3);
    SavedForBackward saved;
    EXPECT_TRUE(at::equal(layer.forward(x, saved), at::mm(x, layer.weight)));
    layer.backward(x, saved, dy);
    layer.backward(x, saved, dy);
    EXPECT_LT(test::distance(parameter->gradient, 2 * at::mm(x.t(), dy)), 1e-5);
    EXPECT_TRUE(at::equal(layer.merged(), layer.weight));
  }
}

}  // namespace
}  // namespace rosa::adapt
