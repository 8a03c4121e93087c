// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/low_rank_guess.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <limits>

namespace rosa::service {
namespace {

at::Tensor drawn(at::IntArrayRef shape, double deviation, std::uint64_t seed) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return at::normal(0.0, deviation, shape, generator);
}

/// fp32 weights after some merges of thin products, each rounded as training rounds it.
at::Tensor merged(const at::Tensor& base, int merges, std::int64_t rank) {
  auto weight = base;
  for (int i = 0; i < merges; ++i) {
    const auto seed = static_cast<std::uint64_t>(10 + 2 * i);
    weight = weight + drawn({base.size(0), rank}, 1e-2, seed).mm(drawn({rank, base.size(1)}, 1e-2, seed + 1));
  }
  return weight;
}

TEST(LowRankGuess, FindsTheProductsThatTrainingMerged) {
  for (const bool flat : {true, false}) {
    const auto base = flat ? drawn({96, 200}, 0.05, 1) : drawn({200, 96}, 0.05, 1);
    const auto target = merged(base, 3, 4);
    const auto guess = guessChange(base.to(at::kDouble), target.to(at::kDouble), at::kFloat);
    ASSERT_TRUE(guess);
    EXPECT_EQ(guess->rank(), 12);
    EXPECT_TRUE(isExact(*guess));
    const auto there = guessed(base.to(at::kDouble), *guess, at::kFloat);
    EXPECT_EQ(there.scalar_type(), at::kFloat);
    const double step = target.square().mean().sqrt().item<double>() * 0x1p-24;
    const double off = (there - target).to(at::kDouble).square().mean().sqrt().item<double>();
    const double moved = (base - target).to(at::kDouble).square().mean().sqrt().item<double>();
    EXPECT_LT(off, 4 * step);
    EXPECT_GT(moved, 1000 * step);
  }
}

TEST(LowRankGuess, ThereIsNoneWhereItDoesNotPay) {
  const auto base = drawn({64, 64}, 0.05, 1).to(at::kDouble);
  EXPECT_FALSE(guessChange(base, base, at::kFloat));
  EXPECT_FALSE(guessChange(base, base + drawn({64, 64}, 1e-3, 2), at::kFloat)) << "a change of full rank";
  const auto thin = drawn({64, 1}, 1e-6, 3).mm(drawn({1, 64}, 1e-6, 4)).to(at::kDouble);
  EXPECT_FALSE(guessChange(base, base + thin, at::kBFloat16)) << "far below a step";
  auto spoilt = base.clone();
  spoilt[3][5] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(guessChange(base, spoilt, at::kFloat));
  EXPECT_FALSE(guessChange(at::zeros({4, 0}, at::kDouble), at::zeros({4, 0}, at::kDouble), at::kFloat));
}

TEST(LowRankGuess, IsTheExactProductRoundedOnce) {
  LowRankGuess guess;
  guess.left = at::tensor({3, -5}, at::kInt).view({1, 2});
  guess.right = at::tensor({7, 1, 0}, at::kInt).view({1, 3});
  guess.exponent = -2;
  const auto base = at::zeros({2, 3}, at::kDouble);
  const auto wanted = at::tensor({5.25F, 0.75F, 0.F, -8.75F, -1.25F, 0.F}).view({2, 3});
  EXPECT_TRUE(at::equal(guessed(base, guess, at::kFloat), wanted));
  EXPECT_TRUE(isExact(guess));
}

TEST(LowRankGuess, FactorsWhoseSumsMightRoundAreNoGuess) {
  LowRankGuess guess;
  guess.left = at::full({128, 2}, std::numeric_limits<std::int32_t>::min(), at::kInt);
  guess.right = at::full({128, 2}, -(1 << 30), at::kInt);
  EXPECT_FALSE(isExact(guess));
  const LowRankGuess fewer{guess.left.narrow(0, 0, 127), guess.right.narrow(0, 0, 127), 0};
  ASSERT_TRUE(isExact(fewer));
  // 127 times 2^61.
  EXPECT_EQ(guessed(at::zeros({2, 2}, at::kDouble), fewer, at::kDouble)[1][0].item<double>(), 127 * 0x1p61);
  EXPECT_FALSE(isExact({at::zeros({0, 2}, at::kInt), at::zeros({0, 2}, at::kInt), 0}));
  EXPECT_FALSE(isExact({at::ones({1, 2}, at::kInt), at::ones({1, 2}, at::kInt), -5000}));
}

}  // namespace
}  // namespace rosa::service
