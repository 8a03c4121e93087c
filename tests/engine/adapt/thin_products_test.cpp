// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/thin_products.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <tuple>
#include <vector>

#include "engine/adapt/matrices.h"

namespace rosa::adapt {
namespace {

/// Tokens, width, rank: vectors and blocks without rest, with one, and too small for any.
const std::vector<std::tuple<std::int64_t, std::int64_t, std::int64_t>> kThinShapes = {
    {1, 1, 1}, {8, 48, 8}, {131, 577, 8}, {257, 96, 3}, {5, 16, 9}, {300, 250, 16}, {64, 130, 31}, {9, 64, 40}};

at::Tensor inDouble(const at::Tensor& matrix) {
  return matrix.to(at::kDouble);
}

/// Rows that do not follow one another, as a part of a wider matrix has them.
at::Tensor partOf(std::int64_t rows, std::int64_t columns) {
  return at::randn({rows, columns + 7}).narrow(1, 3, columns);
}

TEST(ThinProducts, EqualTheGeneralOnes) {
  const at::NoGradGuard noGrad;
  for (const auto& [tokens, width, rank] : kThinShapes) {
    for (const auto& x : {at::randn({tokens, width}), partOf(tokens, width), at::randn({width, tokens}).t()}) {
      for (const auto& a : {at::randn({width, rank}), at::randn({rank, width}).t()}) {
        EXPECT_LE(test::distance(thinProduct(x, a), at::mm(inDouble(x), inDouble(a))), 1e-4)
            << tokens << " x " << width << " x " << rank;
      }
      for (const auto& p : {at::randn({tokens, rank}), partOf(tokens, rank), at::randn({rank, tokens}).t()}) {
        const auto sum = at::randn({rank, width}), before = sum.clone();
        addThinOuter(sum, p, x, 0.5);
        EXPECT_LE(test::distance(sum, inDouble(before) + 0.5 * at::mm(inDouble(p).t(), inDouble(x))), 1e-4)
            << tokens << " x " << width << " x " << rank;
        const auto b = at::randn({rank, width}), y = x.clone(at::MemoryFormat::Preserve);
        addThinProduct(y, p, b, -2);
        EXPECT_LE(test::distance(y, inDouble(x) - 2 * at::mm(inDouble(p), inDouble(b))), 1e-4)
            << tokens << " x " << width << " x " << rank;
      }
    }
  }
}

TEST(ThinProducts, DoNotHangOnTheThreads) {
  const at::NoGradGuard noGrad;
  const auto x = at::randn({1031, 577}), a = at::randn({8, 577}).t(), b = at::randn({8, 577});
  const auto before = at::get_num_threads();
  std::vector<at::Tensor> products, sums, wides;
  for (const int threads : {1, 2}) {
    at::set_num_threads(threads);
    products.push_back(thinProduct(x, a));
    sums.push_back(at::zeros({8, 577}));
    addThinOuter(sums.back(), products.back(), x, 1);
    wides.push_back(x.clone());
    addThinProduct(wides.back(), products.back(), b, 1);
  }
  at::set_num_threads(before);
  EXPECT_TRUE(at::equal(products[0], products[1]));
  EXPECT_TRUE(at::equal(sums[0], sums[1]));
  EXPECT_TRUE(at::equal(wides[0], wides[1]));
}

}  // namespace
}  // namespace rosa::adapt
