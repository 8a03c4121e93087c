// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/text_convolution.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "engine/adapt/matrices.h"

namespace rosa::model {
namespace {

/// LibTorch's own convolution of each sequence, zeros around it.
TEST(TextConvolution, IsTheConvolutionOfEachSequence) {
  const std::vector<std::int64_t> offsets = {0, 1, 6, 8};
  for (const std::int64_t kernel : {1, 3, 5}) {
    const auto x = test::randomMatrix(8, 4, 1).requires_grad_(true);
    const auto weight = test::randomMatrix(6, 4 * kernel, 2).view({6, 4, kernel}).detach().requires_grad_(true);
    const auto bias = test::randomMatrix(1, 6, 3).flatten().detach().requires_grad_(true);
    const auto factors = test::randomMatrix(8, 6, 4);
    const auto gradientsOf = [&](const at::Tensor& y) {
      for (const auto& leaf : {x, weight, bias}) leaf.mutable_grad() = at::Tensor();
      (y * factors).sum().backward();
      return std::vector{y.detach(), x.grad(), weight.grad(), bias.grad()};
    };
    std::vector<at::Tensor> parts;
    for (std::size_t i = 0; i + 1 < offsets.size(); ++i) {
      const auto own = x.narrow(0, offsets[i], offsets[i + 1] - offsets[i]).t().unsqueeze(0);
      parts.push_back(at::conv1d(own, weight, bias, 1, kernel / 2).squeeze(0).t());
    }
    const auto expected = gradientsOf(at::cat(parts));
    const auto ours = gradientsOf(textConvolution(x, weight, bias, offsets));
    for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_LE(test::distance(ours[i], expected[i]), 1e-5) << kernel;
  }
}

}  // namespace
}  // namespace rosa::model
