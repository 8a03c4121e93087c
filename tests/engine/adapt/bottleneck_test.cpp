// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/bottleneck.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "adapt/method.h"
#include "engine/adapt/matrices.h"

namespace rosa::adapt {
namespace {

constexpr std::int64_t kBottleneckIn = 12, kBottleneckOut = 10, kWidth = 4, kBottleneckTokens = 7;
constexpr Bottleneck::Activation kActivations[] = {Bottleneck::Activation::Gelu, Bottleneck::Activation::Relu};

TEST(Bottleneck, BeginsCloseToTheLayersOwnFunction) {
  const auto w = test::randomMatrix(kBottleneckIn, kBottleneckOut, 1, 0.3);
  const Bottleneck adapter(w, "layer", {kWidth, Bottleneck::Activation::Gelu, {1, 0, 0}});
  const auto x = test::randomMatrix(kBottleneckTokens, kBottleneckIn, 2);
  const auto before = at::mm(x, w);
  auto y = before.clone();
  SavedForBackward saved;
  adapter.forward(x, y, saved);
  EXPECT_LT(test::distance(y, before), 5e-3);
  EXPECT_GT(test::distance(y, before), 0) << "the factors do not start at zero";
}

TEST(Bottleneck, IsNoMatrix) {
  const auto w = test::randomMatrix(kBottleneckIn, kBottleneckOut, 1);
  const Bottleneck adapter(w, "layer", {kWidth, Bottleneck::Activation::Gelu, {1, 0, 0}});
  EXPECT_FALSE(adapter.mergeable());
  EXPECT_FALSE(adapter.needsInput());
  EXPECT_THROW(adapter.writeMerged(at::empty_like(w)), std::logic_error);
}

TEST(Bottleneck, TheKeyAloneDecidesItsStart) {
  const auto w = test::randomMatrix(kBottleneckIn, kBottleneckOut, 1);
  const auto start = [&](std::uint64_t seed, std::int64_t layer) {
    Bottleneck adapter(w, "layer", {kWidth, Bottleneck::Activation::Gelu, {seed, layer, 0}});
    return adapter.parameters().front()->value;
  };
  EXPECT_TRUE(at::equal(start(1, 2), start(1, 2)));
  EXPECT_FALSE(at::equal(start(1, 2), start(2, 2)));
  EXPECT_FALSE(at::equal(start(1, 2), start(1, 3)));
}

TEST(Bottleneck, GradientsEqualAutogradInDoublePrecision) {
  for (const auto activation : kActivations) {
    Bottleneck adapter(test::randomMatrix(kBottleneckIn, kBottleneckOut, 1), "layer", {kWidth, activation, {1, 0, 0}});
    const auto parameters = adapter.parameters();
    std::vector<at::Tensor> leaves;
    std::uint64_t seed = 20;
    for (auto* parameter : parameters) {
      parameter->value.copy_(test::randomMatrix(parameter->value.numel(), 1, seed++).reshape(parameter->value.sizes()));
      parameter->gradient = at::ones_like(parameter->value);  // backward adds
      leaves.push_back(parameter->value.to(at::kDouble).requires_grad_(true));
    }
    const auto inside = test::randomMatrix(kBottleneckTokens, kBottleneckOut, 2);
    const auto dy = test::randomMatrix(kBottleneckTokens, kBottleneckOut, 3);
    const auto own = inside.to(at::kDouble).requires_grad_(true);
    const auto z = at::mm(own, leaves[0]) + leaves[1];
    const auto h = activation == Bottleneck::Activation::Gelu ? at::gelu(z) : at::relu(z);
    const auto expected = own + at::mm(h, leaves[2]) + leaves[3];
    expected.backward(dy.to(at::kDouble));

    SavedForBackward saved;
    auto y = inside.clone();
    adapter.forward({}, y, saved);
    EXPECT_LT(test::distance(y, expected.detach()), 2e-5);
    EXPECT_LT(test::distance(adapter.innerGradient(dy, saved), own.grad()), 5e-5);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      EXPECT_LT(test::distance(parameters[i]->gradient - 1, leaves[i].grad()), 1e-5 * test::largest(leaves[i].grad()))
          << parameters[i]->name;
    }
  }
}

TEST(MakeBottleneck, FollowsTheMethodAndItsWidth) {
  const auto w = test::randomMatrix(kBottleneckIn, kBottleneckOut, 1);
  MethodSettings settings;
  settings.rank = Rank{std::int64_t{3}};
  for (const auto method : {Method::Houlsby, Method::Pfeiffer}) {
    settings.method = method;
    const auto made = makeAdaptation(settings, w, "layer", 0);
    ASSERT_TRUE(made) << made.error().message;
    const auto* adapter = dynamic_cast<const Bottleneck*>(made->get());
    ASSERT_NE(adapter, nullptr);
    EXPECT_EQ(adapter->settings().width, 3);
    EXPECT_EQ(adapter->settings().activation,
              method == Method::Houlsby ? Bottleneck::Activation::Gelu : Bottleneck::Activation::Relu);
    const auto numbers = numbersOf(settings, kBottleneckIn, kBottleneckOut, "layer");
    ASSERT_TRUE(numbers);
    const auto parameters = (*made)->parameters();
    ASSERT_EQ(numbers->shapes.size(), parameters.size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      EXPECT_EQ(parameters[i]->value.sizes().vec(), numbers->shapes[i]);
    }
    EXPECT_EQ(numbers->trainable(), 2 * kBottleneckOut * 3 + 3 + kBottleneckOut);
    EXPECT_FALSE(numbers->dense);
  }
  settings.rank = Rank{kBottleneckOut + 1};
  EXPECT_FALSE(makeAdaptation(settings, w, "layer", 0));
}

}  // namespace
}  // namespace rosa::adapt
