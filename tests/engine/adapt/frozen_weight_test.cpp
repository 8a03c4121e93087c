// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/frozen_weight.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "adapt/lora.h"
#include "adapt/rosa.h"
#include "engine/adapt/matrices.h"

namespace rosa::adapt {
namespace {

at::Tensor inInt8(const at::Tensor& values) {
  auto weight = emptyWeight(values.size(0), values.size(1), at::TensorOptions(at::kFloat), at::kChar);
  assign(weight, values);
  return weight;
}

/// W in fewer digits in both layouts, of one block and of several.
std::vector<at::Tensor> narrowWeights() {
  std::vector<at::Tensor> all;
  for (const auto type : {at::kBFloat16, at::kHalf}) {
    for (const std::int64_t out : {24, 1500}) {
      const auto weight = test::randomMatrix(1200, out, 3, 0.05).to(type);
      all.push_back(weight);
      all.push_back(test::transposedLayout(weight));
    }
  }
  for (const std::int64_t out : {24, 1501}) {
    all.push_back(inInt8(test::randomMatrix(1200, out, 3, 0.05)));
    all.push_back(inInt8(test::randomMatrix(out, 1200, 3, 0.05)).t());
  }
  return all;
}

TEST(FrozenWeight, ProductsAreThoseOfTheWidenedMatrix) {
  for (const auto& weight : narrowWeights()) {
    const auto x = test::randomMatrix(7, weight.size(0), 4);
    const auto dy = test::randomMatrix(7, weight.size(1), 5);
    const auto bias = test::randomMatrix(1, weight.size(1), 6).squeeze(0);
    const auto wide = widened(weight).to(at::kDouble);
    EXPECT_LE(test::distance(product(x, weight), at::mm(x.to(at::kDouble), wide)), 2e-5);
    EXPECT_LE(test::distance(product(x, weight, bias), at::addmm(bias.to(at::kDouble), x.to(at::kDouble), wide)), 2e-5);
    EXPECT_LE(test::distance(product(dy, weight.t()), at::mm(dy.to(at::kDouble), wide.t())), 2e-5);
    auto apart = at::full({7, 2 * weight.size(1)}, 9.0F);
    productInto(apart.narrow(1, 0, weight.size(1)), x, weight);
    EXPECT_LE(test::distance(apart.narrow(1, 0, weight.size(1)), at::mm(x.to(at::kDouble), wide)), 2e-5);
    EXPECT_EQ(apart.narrow(1, weight.size(1), weight.size(1)).min().item<float>(), 9) << "beside the columns";
  }
}

TEST(FrozenWeight, AnAdditionIsRoundedOnceToNearestEven) {
  for (const auto& start : narrowWeights()) {
    if (isInt8(start)) continue;
    auto weight = start.clone();
    const auto a = test::randomMatrix(weight.size(0), 3, 7, 0.05), b = test::randomMatrix(3, weight.size(1), 8, 0.05);
    addProduct(weight, a, b, 0.5);
    const auto exact = at::addmm(start.to(at::kFloat), a, b, 1, 0.5);
    // A sum that ends a hair beside a tie may round the other way where blocks add in another order.
    const auto differing = (weight != exact.to(weight.scalar_type())).sum().item<std::int64_t>();
    EXPECT_LE(differing, weight.numel() / 2000);
    EXPECT_LE(test::distance(weight, exact), 0.5 / 128 * test::largest(exact));
  }
}

TEST(FrozenWeight, AnAdditionGivesInt8NewScales) {
  for (auto& weight : narrowWeights()) {
    if (!isInt8(weight)) continue;
    const auto before = widened(weight);
    const auto a = test::randomMatrix(weight.size(0), 3, 7), b = test::randomMatrix(3, weight.size(1), 8);
    addProduct(weight, a, b, 0.5);
    const auto exact = at::addmm(before, a, b, 1, 0.5);
    const auto row = weight.stride(0) == 1 ? 1 : 0;
    const auto limit = exact.abs().amax(1 - row, true) / 127 / 2 * 1.001;
    EXPECT_TRUE(((widened(weight) - exact).abs() <= limit).all().item<bool>());
  }
}

TEST(FrozenWeight, OfFp32ItIsTheMatrixItself) {
  auto weight = test::randomMatrix(6, 5, 1);
  EXPECT_FALSE(isNarrow(weight));
  EXPECT_TRUE(widened(weight).is_same(weight));
  const auto x = test::randomMatrix(3, 6, 2);
  EXPECT_TRUE(at::equal(product(x, weight), at::mm(x, weight)));
}

TEST(FrozenWeight, GradientsBesideItAreThoseOfTheWidenedMatrix) {
  const auto half = test::randomMatrix(40, 30, 1, 0.05).to(at::kBFloat16);
  const auto x = test::randomMatrix(9, 40, 2), dy = test::randomMatrix(9, 30, 3);
  std::vector<at::Tensor> gradients;
  for (const auto& weight : {half.clone(), half.to(at::kFloat)}) {
    Lora::Settings settings;
    settings.lowRank.rank = 4;
    settings.lowRank.form = Form::Branch;
    settings.key = {7, 0, 0};
    Lora lora(weight, "layer", settings);
    for (auto* parameter : lora.parameters()) {
      EXPECT_EQ(parameter->value.scalar_type(), at::kFloat);
      if (parameter->name.ends_with(":B")) parameter->value.fill_(0.1);
      parameter->gradient = at::zeros_like(parameter->value);
    }
    auto y = product(x, weight);
    SavedForBackward saved;
    lora.forward(x, y, saved);
    auto dx = product(dy, weight.t());
    lora.backward(x, saved, dy, dx);
    gradients.push_back(dx);
    for (auto* parameter : lora.parameters()) gradients.push_back(parameter->gradient);
  }
  ASSERT_EQ(gradients.size(), 6U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_LE(test::distance(gradients[i], gradients[i + 3]), 1e-5) << i;
}

TEST(Int8Weight, EachRowIsWholeNumbersOfItsScaleToNearestEven) {
  const auto values = at::tensor({254.0F, 3.0F, -5.0F, 1.0F, 0.5F, -0.25F, 0.0F, 0.0F, 0.0F}).view({3, 3});
  const auto weight = inInt8(values);
  EXPECT_TRUE(at::equal(scalesOf(weight).slice(0, 0, 1), at::full({1, 1}, 2.0F)));
  EXPECT_TRUE(at::equal(weight.select(0, 0).to(at::kLong), at::tensor({127, 2, -2}, at::kLong))) << "1.5, -2.5";
  EXPECT_TRUE(at::equal(weight.select(0, 1).to(at::kLong), at::tensor({127, 64, -32}, at::kLong))) << "63.5, -31.75";
  EXPECT_TRUE(at::equal(widened(weight).select(0, 2), at::zeros({3})));
}

TEST(Int8Weight, IsAQuarterOfTheBytesAndItsViewsCarryTheScales) {
  const auto values = test::randomMatrix(50, 70, 3, 0.05);
  const auto weight = inInt8(values);
  EXPECT_EQ(kept(weight).nbytes(), 50U * (72 + 4));
  EXPECT_LE(test::distance(widened(weight), values), test::largest(values) / 127 / 2 * 1.001);
  EXPECT_TRUE(at::equal(widened(weight.t()), widened(weight).t()));
  EXPECT_TRUE(at::equal(widened(weight.t().narrow(1, 20, 10)), widened(weight).narrow(0, 20, 10).t()));
  auto copy = inInt8(at::ones({50, 70}));
  kept(copy).copy_(kept(weight));
  EXPECT_TRUE(at::equal(widened(copy), widened(weight)));
  EXPECT_TRUE(at::equal(widened(inInt8(widened(weight))), widened(weight))) << "a second rounding";
  EXPECT_THROW(static_cast<void>(widened(weight.clone())), c10::Error) << "numbers without scales";
}

TEST(Int8Weight, WhatIsNotFiniteStaysSo) {
  auto values = at::ones({2, 3});
  values[1][2] = std::numeric_limits<float>::quiet_NaN();
  const auto finite = scalesOf(inInt8(values)).isfinite();
  EXPECT_TRUE(finite[0].item<bool>());
  EXPECT_FALSE(finite[1].item<bool>());
}

Rosa::Settings branchOfRank(std::int64_t rank, Factorise factorise = Factorise::SvdEqual) {
  Rosa::Settings settings;
  settings.lowRank.rank = rank;
  settings.lowRank.form = Form::Branch;
  settings.factorise = factorise;
  settings.seed = 17;
  return settings;
}

TEST(RosaInInt8, OnlyWhatTheNewSliceCannotHoldIsLost) {
  const auto values = test::randomMatrix(60, 45, 1, 0.05);
  const auto weight = inInt8(values);
  Rosa rosa(weight, "layer", branchOfRank(5));
  rosa.resample(0, std::nullopt);
  EXPECT_TRUE(std::isnan(rosa.roundingLoss())) << "no slice was merged yet";
  for (auto* parameter : rosa.parameters()) parameter->value.mul_(1.01);
  auto exact = at::empty_like(values), after = at::empty_like(values);
  rosa.writeMerged(exact);
  const auto merged = at::mm(rosa.a(), rosa.b()).norm().item<double>();
  rosa.resample(1, std::nullopt);
  rosa.writeMerged(after);
  const auto lost = exact - after;
  EXPECT_NEAR(rosa.roundingLoss(), lost.norm().item<double>() / merged, 1e-6);
  EXPECT_GT(rosa.roundingLoss(), 1e-3);
  EXPECT_LE(test::largest(at::mm(lost, rosa.b().t())), 1e-5) << "along the slice";
}

class RosaInHalf : public testing::TestWithParam<Factorise> {};

TEST_P(RosaInHalf, AResampleKeepsTheFunctionWithinOneRounding) {
  for (const auto in : {30, 60}) {
    const auto original = test::randomMatrix(in, 45, 1, 0.05).to(at::kBFloat16);
    auto weight = original.clone();
    Rosa rosa(weight, "layer", branchOfRank(5, GetParam()));
    auto before = original.to(at::kFloat);
    for (std::int64_t cycle = 0; cycle < 3; ++cycle) {
      rosa.resample(cycle, std::nullopt);
      EXPECT_EQ(rosa.a().scalar_type(), at::kFloat);
      const auto after = at::empty_like(before);
      rosa.writeMerged(after);
      EXPECT_LE(test::distance(after, before), test::largest(before) / 256) << cycle;
      for (auto* parameter : rosa.parameters()) parameter->value.mul_(1.01);
      rosa.writeMerged(before);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, RosaInHalf,
                         testing::Values(Factorise::SvdEqual, Factorise::Additive, Factorise::RandomAdd,
                                         Factorise::RandomProjection, Factorise::RandomOrthogonal));

}  // namespace
}  // namespace rosa::adapt
