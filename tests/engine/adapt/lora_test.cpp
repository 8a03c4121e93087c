// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/lora.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "engine/adapt/matrices.h"

namespace rosa::adapt {
namespace {

constexpr std::int64_t kLoraIn = 24, kLoraOut = 40, kLoraRank = 4;

/// Starts and their names in messages.
constexpr std::pair<LoraStart, const char*> kStarts[] = {{LoraStart::Kaiming, "kaiming"},
                                                         {LoraStart::Gaussian, "gaussian"},
                                                         {LoraStart::Pissa, "pissa"},
                                                         {LoraStart::Orthogonal, "orthogonal"}};

Lora::Settings settingsOf(LoraStart start, Form form, bool restarts = false) {
  Lora::Settings settings;
  settings.lowRank.rank = kLoraRank;
  settings.lowRank.scale = 1.5;
  settings.lowRank.form = form;
  settings.start = start;
  settings.key = {7, 3, 0};
  settings.restarts = restarts;
  return settings;
}

at::Tensor outputOf(const Adaptation& adaptation, const at::Tensor& weight, const at::Tensor& x) {
  SavedForBackward saved;
  auto y = at::mm(x, weight);
  adaptation.forward(x, y, saved);
  return y;
}

at::Tensor merged(const Adaptation& adaptation, const at::Tensor& weight) {
  auto w = at::empty_like(weight);
  adaptation.writeMerged(w);
  return w;
}

TEST(LoraStart, EveryStartKeepsTheFunctionInBothForms) {
  const auto w = test::randomMatrix(kLoraIn, kLoraOut, 1, 0.3);
  const auto x = test::randomMatrix(9, kLoraIn, 2);
  for (const auto& [start, name] : kStarts) {
    for (const auto form : {Form::Merged, Form::Branch}) {
      auto own = w.clone();
      const Lora lora(own, "layer", settingsOf(start, form));
      EXPECT_LT(test::distance(outputOf(lora, own, x), at::mm(x, w)), 2e-6) << name;
      EXPECT_LT(test::distance(merged(lora, own), w), 5e-7) << name;
    }
  }
}

TEST(LoraStart, KaimingAndGaussianDrawPeftsDistributions) {
  const auto w = test::randomMatrix(400, 30, 1);
  auto factors = startLora(LoraStart::Kaiming, w, 8, 1, {1, 0, 0});
  ASSERT_TRUE(factors);
  const double bound = 1 / std::sqrt(400.0);
  EXPECT_LE(test::largest(factors->a), bound);
  EXPECT_NEAR(factors->a.std().item<double>(), bound / std::sqrt(3.0), 0.02 * bound);
  EXPECT_EQ(test::largest(factors->b), 0);
  factors = startLora(LoraStart::Gaussian, w, 8, 1, {1, 0, 0});
  ASSERT_TRUE(factors);
  EXPECT_NEAR(factors->a.std().item<double>(), 1.0 / 8, 0.005);
  EXPECT_EQ(test::largest(factors->b), 0);
}

TEST(LoraStart, PissaHoldsTheLargestComponentsWithSigmaSharedEqually) {
  for (const auto& w : {test::randomMatrix(kLoraIn, kLoraOut, 1), test::randomMatrix(kLoraOut, kLoraIn, 2)}) {
    const double scale = 2.5;
    const auto factors = startLora(LoraStart::Pissa, w, kLoraRank, scale, {});
    ASSERT_TRUE(factors);
    EXPECT_LT(test::distance(scale * at::mm(factors->a, factors->b), test::sliceBySvd(w, 0, kLoraRank)), 1e-5);
    const auto columns = factors->a.norm(2, {0});
    const auto rows = factors->b.norm(2, {1});
    EXPECT_LT(test::distance(columns, rows), 1e-4 * test::largest(rows));
    const auto sigma = std::get<1>(at::linalg_svd(w, false)).narrow(0, 0, kLoraRank);
    EXPECT_LT(test::distance(scale * columns * rows, sigma), 1e-4 * test::largest(sigma));
  }
}

TEST(LoraStart, OrthogonalFactorsAreNeitherZeroNorOfAnyProduct) {
  const auto w = test::randomMatrix(kLoraIn, kLoraOut, 1);
  const auto factors = startLora(LoraStart::Orthogonal, w, kLoraRank, 1, {5, 0, 0});
  ASSERT_TRUE(factors);
  EXPECT_GT(test::largest(factors->a), 0.05);
  EXPECT_GT(test::largest(factors->b), 0.05);
  EXPECT_LT(test::largest(at::mm(factors->a, factors->b)), 1e-7);
}

TEST(LoraStart, OrthogonalWantsAnEvenRank) {
  const auto factors = startLora(LoraStart::Orthogonal, test::randomMatrix(kLoraIn, kLoraOut, 1), 3, 1, {});
  ASSERT_FALSE(factors);
  EXPECT_NE(factors.error().message.find("even rank"), std::string::npos);
  auto settings = settingsOf(LoraStart::Orthogonal, Form::Branch);
  settings.lowRank.rank = 3;
  EXPECT_THROW(Lora(test::randomMatrix(kLoraIn, kLoraOut, 1), "layer", settings), std::runtime_error);
}

TEST(LoraStart, FollowsFromSeedLayerAndCycleAlone) {
  const auto w = test::randomMatrix(kLoraIn, kLoraOut, 1);
  const auto a = [&](const StartKey& key) { return startLora(LoraStart::Kaiming, w, kLoraRank, 1, key)->a; };
  EXPECT_TRUE(at::equal(a({1, 2, 3}), a({1, 2, 3})));
  for (const StartKey& other : {StartKey{2, 2, 3}, StartKey{1, 3, 3}, StartKey{1, 2, 4}}) {
    EXPECT_FALSE(at::equal(a({1, 2, 3}), a(other)));
  }
}

TEST(LoraPlus, TheFactorIsOnTheRateOfBAlone) {
  auto settings = settingsOf(LoraStart::Kaiming, Form::Merged);
  settings.rateOfB = 16;
  Lora lora(test::randomMatrix(kLoraIn, kLoraOut, 1), "layer", settings);
  const auto parameters = lora.parameters();
  ASSERT_EQ(parameters.size(), 2U);
  EXPECT_EQ(parameters[0]->name, "layer.weight:A");
  EXPECT_EQ(parameters[0]->rateFactor, 1);
  EXPECT_EQ(parameters[1]->rateFactor, 16);
}

TEST(Relora, ARestartMergesTheProductAndBeginsAnew) {
  const auto w = test::randomMatrix(kLoraIn, kLoraOut, 1, 0.3);
  const auto x = test::randomMatrix(9, kLoraIn, 2);
  for (const auto form : {Form::Merged, Form::Branch}) {
    auto own = w.clone();
    Lora relora(own, "layer", settingsOf(LoraStart::Kaiming, form, true));
    ASSERT_TRUE(relora.resamples());
    relora.resample(0, {});
    EXPECT_LT(test::distance(merged(relora, own), w), 1e-7);
    relora.beforeStep();
    for (auto* parameter : relora.parameters()) {
      parameter->value.add_(test::randomMatrix(parameter->value.size(0), parameter->value.size(1), 9, 0.1));
    }
    relora.afterStep();
    const auto trained = merged(relora, own);
    EXPECT_GT(test::distance(trained, w), 0.01);
    const auto y = outputOf(relora, own, x);
    const auto oldA = relora.a().clone();

    const auto slice = relora.resample(1, {});
    EXPECT_EQ(slice.count, kLoraRank);
    EXPECT_FALSE(at::equal(relora.a(), oldA));
    EXPECT_EQ(test::largest(relora.b()), 0);
    EXPECT_LT(test::distance(merged(relora, own), trained), 5e-7);
    EXPECT_LT(test::distance(outputOf(relora, own, x), y), 5e-6);
  }
}

}  // namespace
}  // namespace rosa::adapt
