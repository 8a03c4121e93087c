// SPDX-License-Identifier: GPL-3.0-or-later
#include "device/gemm.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace rosa::device {
namespace {

double distance(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

TEST(FastProduct, IsTheProductInEveryLayoutOfTheWeight) {
  const auto x = at::randn({33, 96});
  const auto stored = at::randn({130, 96});  // [out, in]
  const auto conv1d = at::randn({96, 130});  // [in, out]
  const auto bias = at::randn({130});
  const auto product = [](const at::Tensor& a, const at::Tensor& b) {
    return at::mm(a.to(at::kDouble), b.to(at::kDouble));
  };
  EXPECT_LE(distance(fastProduct(x, stored.t()), product(x, stored.t())), 2e-5);
  EXPECT_LE(distance(fastProduct(x, stored.t(), bias), product(x, stored.t()) + bias), 2e-5);
  EXPECT_LE(distance(fastProduct(x, conv1d, bias), product(x, conv1d) + bias), 2e-5);
  const auto dy = at::randn({33, 130});
  EXPECT_LE(distance(fastProduct(dy, stored), product(dy, stored)), 2e-5);
  // Parts of a fused projection: rows of the stored matrix; x may have gaps.
  const auto part = stored.narrow(0, 64, 40).t();
  EXPECT_LE(distance(fastProduct(x, part), product(x, part)), 2e-5);
  const auto columns = at::randn({33, 200}).narrow(1, 50, 96);
  EXPECT_LE(distance(fastProduct(columns, stored.t()), product(columns, stored.t())), 2e-5);
}

TEST(FastProduct, RepeatsItselfBitForBit) {
  const auto x = at::randn({57, 128});
  const auto weight = at::randn({256, 128}).t();
  EXPECT_TRUE(fastProduct(x, weight).equal(fastProduct(x, weight)));
}

TEST(FastProduct, LeavesSmallProductsAndOtherTypesToTheOthers) {
  const auto of = [](std::int64_t rows, std::int64_t in, std::int64_t out, at::ScalarType type) {
    return hasFastProduct(at::ones({rows, in}, type), at::ones({in, out}, type));
  };
  EXPECT_FALSE(of(2, 1024, 1024, at::kFloat));  // a few tokens
  EXPECT_FALSE(of(512, 1024, 8, at::kFloat));   // a low rank
  EXPECT_FALSE(of(64, 64, 64, at::kFloat));     // a kernel made for it costs more
  EXPECT_FALSE(hasFastProduct(at::ones({512, 512}), at::ones({512, 1024}).narrow(1, 0, 512)));  // with gaps
  EXPECT_FALSE(of(512, 512, 512, at::kDouble));
  EXPECT_FALSE(of(512, 512, 512, at::kBFloat16));
}

}  // namespace
}  // namespace rosa::device
