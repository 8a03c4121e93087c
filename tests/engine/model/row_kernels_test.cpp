// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/row_kernels.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "engine/adapt/matrices.h"
#include "model/rotary.h"

namespace rosa::model {
namespace {

/// Whole vectors, a rest, and less than one.
const std::vector<std::int64_t> kRowWidths = {64, 48, 61, 5, 1};

class RowKernels : public testing::Test {
 protected:
  void SetUp() override {
    if (!takesRowKernel(at::ones({1}))) GTEST_SKIP() << "this processor has no AVX2";
  }
};

at::Tensor reference(const at::Tensor& x, Activation activation) {
  return activation == Activation::Silu ? at::silu(x) : at::gelu(x, "tanh");
}

TEST_F(RowKernels, ActivateAsTheFormulaDoes) {
  for (const auto activation : {Activation::Silu, Activation::GeluTanh}) {
    for (const auto width : kRowWidths) {
      for (const bool gated : {false, true}) {
        const auto pre = at::randn({7, gated ? 2 * width : width}).mul_(4);
        const auto gradient = at::randn({7, width});
        auto wide = pre.to(at::kDouble).requires_grad_();
        const auto y = gated ? reference(wide.narrow(1, 0, width), activation) * wide.narrow(1, width, width)
                             : reference(wide, activation);
        y.backward(gradient.to(at::kDouble));
        EXPECT_LE(test::distance(activateRows(pre, activation, gated), y.detach()), 1e-5) << width;
        activateRowsBackward(gradient, pre, activation, gated);
        const auto slopes = pre.to(at::kDouble);
        EXPECT_LE(test::largest((slopes - wide.grad()) / (1 + wide.grad().abs())), 3e-5) << width;
      }
    }
  }
}

TEST_F(RowKernels, AreFiniteFarOut) {
  const auto pre = at::tensor({-1e30F, -1000.F, -90.F, 0.F, 90.F, 1000.F, 1e10F}).unsqueeze(0);
  for (const auto activation : {Activation::Silu, Activation::GeluTanh}) {
    const auto expected = reference(pre, activation);
    EXPECT_LE(test::distance(activateRows(pre, activation, false).div(pre.abs() + 1), expected.div(pre.abs() + 1)),
              1e-6);
    const auto slopes = pre.clamp(-1e4, 1e4);
    activateRowsBackward(at::ones_like(pre), slopes, activation, false);
    EXPECT_TRUE(at::isfinite(slopes).all().item<bool>());
    EXPECT_NEAR(slopes[0][0].item<float>(), 0, 1e-6);
    EXPECT_NEAR(slopes[0][6].item<float>(), 1, 1e-6);
  }
}

TEST_F(RowKernels, NormAsTheFormulaDoes) {
  constexpr double kEpsilon = 1e-5;
  for (const auto width : kRowWidths) {
    const auto x = at::randn({3, 4, width});
    const auto factors = at::randn({width});
    const auto gradient = at::randn({3, 4, width});
    auto wide = x.to(at::kDouble).requires_grad_();
    const auto y = wide * (wide.square().mean(-1, true) + kEpsilon).rsqrt() * factors.to(at::kDouble);
    y.backward(gradient.to(at::kDouble));
    at::Tensor inverse;
    EXPECT_LE(test::distance(rmsRows(x, factors, kEpsilon, inverse), y.detach()), 1e-5) << width;
    EXPECT_EQ(inverse.sizes().vec(), (std::vector<std::int64_t>{3, 4, 1}));
    EXPECT_LE(test::distance(rmsRowsBackward(gradient, x, factors, inverse), wide.grad()), 2e-5) << width;
  }
}

TEST_F(RowKernels, TurnTheHeadsOfAFusedProjectionAndBack) {
  for (const std::int64_t pairs : {32, 20, 3}) {
    const std::int64_t headDim = 2 * pairs + 4;  // four dimensions stand still
    const auto projection = at::randn({6, 5 * headDim});
    auto heads = projection.narrow(1, headDim, 3 * headDim).unflatten(1, {3, headDim});
    const auto before = projection.clone();
    const auto angles = at::randn({6, 1, pairs});
    const auto cosine = angles.cos(), sine = angles.sin();
    const auto first = heads.narrow(2, 0, pairs), second = heads.narrow(2, pairs, pairs);
    const auto expected =
        at::cat({first * cosine - second * sine, second * cosine + first * sine, heads.narrow(2, 2 * pairs, 4)}, 2);
    turnRows(heads, cosine, sine, false);
    EXPECT_LE(test::distance(heads, expected), 1e-6) << pairs;
    turnRows(heads, cosine, sine, true);
    EXPECT_LE(test::distance(projection, before), 1e-6) << pairs;  // neighbours untouched too
  }
}

}  // namespace
}  // namespace rosa::model
