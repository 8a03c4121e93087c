// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/frozen_weight.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "adapt/lora.h"
#include "adapt/rosa.h"
#include "engine/adapt/matrices.h"

namespace rosa::adapt {
namespace {

/// W in half precision in both layouts, of one block and of several.
std::vector<at::Tensor> halfWeights() {
  std::vector<at::Tensor> all;
  for (const auto type : {at::kBFloat16, at::kHalf}) {
    for (const std::int64_t out : {24, 1500}) {
      const auto weight = test::randomMatrix(1200, out, 3, 0.05).to(type);
      all.push_back(weight);
      all.push_back(test::transposedLayout(weight));
    }
  }
  return all;
}

TEST(FrozenWeight, ProductsAreThoseOfTheWidenedMatrix) {
  for (const auto& weight : halfWeights()) {
    const auto x = test::randomMatrix(7, weight.size(0), 4);
    const auto dy = test::randomMatrix(7, weight.size(1), 5);
    const auto bias = test::randomMatrix(1, weight.size(1), 6).squeeze(0);
    const auto wide = weight.to(at::kDouble);
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
  for (const auto& start : halfWeights()) {
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

TEST(FrozenWeight, OfFp32ItIsTheMatrixItself) {
  auto weight = test::randomMatrix(6, 5, 1);
  EXPECT_FALSE(isHalf(weight));
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

class RosaInHalf : public testing::TestWithParam<Factorise> {};

TEST_P(RosaInHalf, AResampleKeepsTheFunctionWithinOneRounding) {
  for (const auto in : {30, 60}) {
    const auto original = test::randomMatrix(in, 45, 1, 0.05).to(at::kBFloat16);
    auto weight = original.clone();
    Rosa::Settings settings;
    settings.lowRank.rank = 5;
    settings.lowRank.form = Form::Branch;
    settings.factorise = GetParam();
    settings.seed = 17;
    Rosa rosa(weight, "layer", settings);
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
