// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/causal_convolution.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "engine/adapt/matrices.h"

namespace rosa::model {
namespace {

constexpr std::int64_t kChannels = 5;
const std::vector<std::int64_t> kConvolvedOffsets = {0, 1, 8, 10, 23};

at::Tensor inputs() {
  return test::randomMatrix(kConvolvedOffsets.back(), kChannels, 1);
}

at::Tensor filters(std::int64_t kernel) {
  return test::randomMatrix(kChannels, kernel, 2).unsqueeze(1).contiguous();
}

/// LibTorch's own convolution of each sequence, zeros before it.
at::Tensor reference(const at::Tensor& x, const at::Tensor& weight) {
  const auto kernel = weight.size(2);
  const std::vector<std::int64_t> one = {1}, none = {0};
  std::vector<at::Tensor> parts;
  for (std::size_t i = 0; i + 1 < kConvolvedOffsets.size(); ++i) {
    const auto length = kConvolvedOffsets[i + 1] - kConvolvedOffsets[i];
    const auto own = at::constant_pad_nd(x.narrow(0, kConvolvedOffsets[i], length).t(), {kernel - 1, 0}).unsqueeze(0);
    parts.push_back(at::conv1d(own, weight, at::Tensor(), one, none, one, kChannels).squeeze(0).t());
  }
  return at::cat(parts);
}

TEST(CausalConvolution, IsTheConvolutionOfEachSequenceWithItsGradients) {
  for (const std::int64_t kernel : {1, 2, 3, 4}) {
    const auto x = inputs().requires_grad_(true);
    const auto weight = filters(kernel).requires_grad_(true);
    const auto factors = test::randomMatrix(kConvolvedOffsets.back(), kChannels, 4);
    const auto gradientsOf = [&](const at::Tensor& y) {
      for (const auto& leaf : {x, weight}) leaf.mutable_grad() = at::Tensor();
      (y * factors).sum().backward();
      return std::vector{y.detach(), x.grad(), weight.grad()};
    };
    const auto expected = gradientsOf(reference(x, weight));
    const auto ours = gradientsOf(causalConvolution(x, weight, historyRows(kConvolvedOffsets, kernel, at::kCPU)));
    for (std::size_t i = 0; i < ours.size(); ++i) {
      EXPECT_LE(test::distance(ours[i], expected[i]), 1e-5) << "kernel " << kernel << ", " << i;
    }
  }
}

TEST(CausalConvolution, FrozenFiltersGetNoGradientAndChangeNoOther) {
  const auto gradientOf = [](bool trains) {
    const auto x = inputs().requires_grad_(true);
    const auto weight = filters(3).requires_grad_(trains);
    causalConvolution(x, weight, historyRows(kConvolvedOffsets, 3, at::kCPU)).square().sum().backward();
    EXPECT_EQ(weight.grad().defined(), trains);
    return x.grad();
  };
  EXPECT_TRUE(at::equal(gradientOf(false), gradientOf(true)));
}

TEST(CausalConvolution, GoesOnFromItsLastInputs) {
  const at::NoGradGuard noGrad;
  constexpr std::int64_t kKernel = 4, kLength = 12;
  const auto x = test::randomMatrix(kLength, kChannels, 1);
  const auto other = test::randomMatrix(kLength, kChannels, 3);
  const auto weight = filters(kKernel);
  const auto whole = [&](const at::Tensor& text) {
    return causalConvolution(text, weight, historyRows({0, kLength}, kKernel, at::kCPU));
  };
  // Two texts, each in pieces of its own lengths, some shorter than the history.
  std::vector<at::Tensor> histories(2);
  std::vector<at::Tensor> first, second;
  std::int64_t a = 0, b = 0;
  for (const auto& [one, two] : std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 5}, {2, 1}, {1, 1}, {8, 5}}) {
    const auto batch = at::cat({x.narrow(0, a, one), other.narrow(0, b, two)});
    const auto rows = historyRows({0, one, one + two}, kKernel, at::kCPU);
    const auto before = histories[0].defined() ? histories[0].clone() : at::Tensor();
    const auto shared = histories[0];
    const auto y = causalConvolution(batch, weight, rows, histories);
    EXPECT_TRUE(!before.defined() || at::equal(shared, before)) << "a fork's history was written to";
    first.push_back(y.narrow(0, 0, one));
    second.push_back(y.narrow(0, one, two));
    a += one;
    b += two;
  }
  EXPECT_LE(test::distance(at::cat(first), whole(x)), 1e-6);
  EXPECT_LE(test::distance(at::cat(second), whole(other)), 1e-6);
}

}  // namespace
}  // namespace rosa::model
