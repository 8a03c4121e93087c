// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/norm.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "engine/adapt/matrices.h"

namespace rosa::model {
namespace {

class Norms : public testing::TestWithParam<NormKind> {
 protected:
  Norm norm() const {
    Norm norm;
    norm.kind = GetParam();
    norm.weight = at::randn({24}).requires_grad_();
    if (norm.kind == NormKind::Layer) norm.bias = at::randn({24}).requires_grad_();
    return norm;
  }
};

/// A layer that norms its input itself gives what autograd gives.
TEST_P(Norms, ByHandEqualAutograd) {
  const auto norm = this->norm();
  auto x = at::randn({10, 24}).requires_grad_();
  const auto gradient = at::randn({10, 24});
  const auto y = norm.forward(x);
  y.backward(gradient);

  const auto result = norm.apply(x.detach());
  EXPECT_TRUE(result.y.equal(y.detach()));
  const auto own = norm.backward(gradient, x.detach(), result, true, true, norm.bias.defined());
  EXPECT_LE(test::distance(own.x, x.grad()), 1e-6);
  EXPECT_LE(test::distance(own.weight, norm.weight.grad()), 1e-5);
  if (norm.bias.defined()) {
    EXPECT_LE(test::distance(own.bias, norm.bias.grad()), 1e-5);
  }

  const auto nothing = norm.backward(gradient, x.detach(), result, false, false, false);
  EXPECT_FALSE(nothing.x.defined());
  EXPECT_FALSE(nothing.weight.defined());
}

INSTANTIATE_TEST_SUITE_P(Kinds, Norms,
                         testing::Values(NormKind::Layer, NormKind::LayerNoBias, NormKind::Rms, NormKind::RmsPlusOne));

}  // namespace
}  // namespace rosa::model
