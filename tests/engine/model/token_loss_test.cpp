// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/token_loss.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <utility>

#include "engine/adapt/matrices.h"

namespace rosa::model {
namespace {

using Case = std::pair<std::int64_t, double>;

/// Vocabularies of one chunk and of several (24 Mi logits a chunk), with and without label smoothing.
class TokenLoss : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const auto [vocabulary, smoothing] = GetParam();
    smoothing_ = smoothing;
    hidden_ = test::randomMatrix(kTokens, kWidth, 1).requires_grad_(true);
    weight_ = test::randomMatrix(vocabulary, kWidth, 2);
    auto generator = at::make_generator<at::CPUGeneratorImpl>(3);
    targets_ = at::randint(0, vocabulary, {kTokens}, generator, at::kLong);
    targets_.narrow(0, 10, 20).fill_(-100);
  }

  static constexpr std::int64_t kTokens = 90;
  // Below 12 columns MKL adds the half million products of a long sum one by one, and their rounding with them.
  static constexpr std::int64_t kWidth = 16;
  static constexpr double kDivisor = 7;
  at::Tensor hidden_, weight_, targets_;
  at::Tensor anchor_ = at::zeros({}).requires_grad_(true);
  double smoothing_ = 0;
};

TEST_P(TokenLoss, EqualsCrossEntropyWithBothGradients) {
  adapt::Parameter trained;
  trained.value = weight_;
  trained.gradient = at::zeros_like(weight_);
  const auto loss = tokenLoss(hidden_, weight_, targets_, kDivisor, &trained, anchor_, smoothing_);
  loss.backward();

  auto plainHidden = hidden_.detach().to(at::kDouble).requires_grad_(true);
  auto plainWeight = weight_.to(at::kDouble).requires_grad_(true);
  const auto plain =
      at::cross_entropy_loss(at::mm(plainHidden, plainWeight.t()), targets_, {}, at::Reduction::Sum, -100, smoothing_) /
      kDivisor;
  plain.backward();
  EXPECT_NEAR(loss.item<double>(), plain.item<double>(), 2e-6 * plain.item<double>());
  EXPECT_LE(test::distance(hidden_.grad(), plainHidden.grad()), 2e-6 * test::largest(plainHidden.grad()));
  EXPECT_LE(test::distance(trained.gradient, plainWeight.grad()), 2e-6 * test::largest(plainWeight.grad()));
}

TEST_P(TokenLoss, ABiasCountsAndHasItsGradient) {
  for (const double cap : {0.0, 3.0}) {
    SCOPED_TRACE(cap);
    if (cap > 0 && weight_.size(0) > 1000) continue;  // takes seconds, and chunks are the same
    auto bias = test::randomMatrix(1, weight_.size(0), 4).squeeze(0).requires_grad_(true);
    hidden_ = hidden_.detach().clone().requires_grad_(true);
    adapt::Parameter trained;
    trained.value = weight_;
    trained.gradient = at::zeros_like(weight_);
    const auto loss = tokenLoss(hidden_, weight_, targets_, kDivisor, &trained, anchor_, smoothing_, cap, bias);
    loss.backward();

    auto plainHidden = hidden_.detach().to(at::kDouble).requires_grad_(true);
    auto plainWeight = weight_.to(at::kDouble).requires_grad_(true);
    auto plainBias = bias.detach().to(at::kDouble).requires_grad_(true);
    auto logits = at::linear(plainHidden, plainWeight, plainBias);
    if (cap > 0) logits = cap * (logits / cap).tanh();
    const auto plain = at::cross_entropy_loss(logits, targets_, {}, at::Reduction::Sum, -100, smoothing_) / kDivisor;
    plain.backward();
    EXPECT_NEAR(loss.item<double>(), plain.item<double>(), 2e-6 * plain.item<double>());
    // Logits of two terms have more digits to lose.
    EXPECT_LE(test::distance(hidden_.grad(), plainHidden.grad()), 5e-6 * test::largest(plainHidden.grad()));
    EXPECT_LE(test::distance(trained.gradient, plainWeight.grad()), 5e-6 * test::largest(plainWeight.grad()));
    EXPECT_LE(test::distance(bias.grad(), plainBias.grad()), 2e-6 * test::largest(plainBias.grad()));

    // One that stays has none, and the loss is the same.
    const auto fixed =
        tokenLoss(hidden_, weight_, targets_, kDivisor, nullptr, anchor_, smoothing_, cap, bias.detach());
    EXPECT_EQ(fixed.item<double>(), loss.item<double>());
    fixed.backward();
  }
}

TEST_P(TokenLoss, IsTheSameWithoutGradients) {
  const auto lossNow = [&] {
    return tokenLoss(hidden_, weight_, targets_, kDivisor, nullptr, anchor_, smoothing_).item<double>();
  };
  const double withGradients = lossNow();
  const at::NoGradGuard noGrad;
  EXPECT_EQ(lossNow(), withGradients);
}

TEST_P(TokenLoss, IsZeroWithoutTargets) {
  targets_.fill_(-100);
  const auto loss = tokenLoss(hidden_, weight_, targets_, kDivisor, nullptr, anchor_, smoothing_);
  EXPECT_EQ(loss.item<double>(), 0);
  loss.backward();
  EXPECT_EQ(test::largest(hidden_.grad()), 0);
}

INSTANTIATE_TEST_SUITE_P(Vocabularies, TokenLoss,
                         testing::Values(Case{40, 0}, Case{40, 0.1}, Case{1 << 19, 0}, Case{1 << 19, 0.2}));

TEST(TokenLossPrecision, ALossOfBf16WeightsIsToldInFp32) {
  const auto hidden = test::randomMatrix(30, 16, 1).to(at::kBFloat16).requires_grad_(true);
  const auto weight = test::randomMatrix(40, 16, 2).to(at::kBFloat16);
  const auto targets = at::arange(30, at::kLong);
  const auto anchor = at::zeros({}).requires_grad_(true);
  const auto loss = tokenLoss(hidden, weight, targets, 7, nullptr, anchor);
  EXPECT_EQ(loss.scalar_type(), at::kFloat);
  loss.backward();
  EXPECT_EQ(hidden.grad().scalar_type(), at::kBFloat16);
  {
    const at::NoGradGuard noGrad;
    EXPECT_EQ(tokenLoss(hidden, weight, targets, 7, nullptr, anchor).scalar_type(), at::kFloat);
  }
  const auto exact = test::randomMatrix(30, 16, 1).to(at::kDouble);
  const at::NoGradGuard noGrad;
  EXPECT_EQ(tokenLoss(exact, weight.to(at::kDouble), targets, 7, nullptr, anchor).scalar_type(), at::kDouble);
}

TEST(Embed, APaddingRowGetsNoGradient) {
  adapt::Parameter trained;
  trained.value = test::randomMatrix(5, 2, 1);
  trained.gradient = at::zeros({5, 2});
  const auto anchor = at::zeros({}).requires_grad_(true);
  const auto ids = at::tensor({4, 0, 4, 1}, at::kLong);
  const auto rows = embed(trained.value, ids, &trained, anchor, 0);
  EXPECT_TRUE(at::equal(rows, trained.value.index_select(0, ids)));
  rows.sum().backward();
  EXPECT_TRUE(at::equal(trained.gradient.select(1, 0), at::tensor({0.0F, 1.0F, 0.0F, 0.0F, 2.0F})));
}

}  // namespace
}  // namespace rosa::model
