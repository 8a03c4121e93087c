// SPDX-License-Identifier: GPL-3.0-or-later
#include "optim/moment_policy.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/adapt/matrices.h"

namespace rosa::optim {
namespace {

/// Two parameters of which the first was resampled, with moments of random content after five steps.
struct Remembered {
  adapt::Parameter resampled, other;
  Arena arena;

  explicit Remembered(int moments = 2)
      : resampled(parameterOf("a", 6, 4)), other(parameterOf("b", 5, 3)), arena({&resampled, &other}, moments) {
    for (int step = 0; step < 5; ++step) arena.countStep();
    std::uint64_t seed = 1;
    for (auto& state : arena.states()) {
      for (std::size_t i = 0; i < state.moments.size(); ++i) {
        const auto drawn = test::randomMatrix(state.moments[i].size(0), state.moments[i].size(1), seed++);
        state.moments[i].copy_(i == 0 ? drawn : drawn.square() + 1);
      }
    }
  }

  static adapt::Parameter parameterOf(const char* name, std::int64_t rows, std::int64_t columns) {
    adapt::Parameter parameter;
    parameter.name = name;
    parameter.value = at::zeros({rows, columns});
    return parameter;
  }
  ParameterState& of(const adapt::Parameter& parameter) {
    for (auto& state : arena.states()) {
      if (state.parameter == &parameter) return state;
    }
    throw std::logic_error("no such parameter");
  }
};

TEST(KeepSecondMoments, ClearsTheFirstOfTheResampledAlone) {
  Remembered run;
  const auto second = run.of(run.resampled).moments[1].clone();
  const auto untouched = run.of(run.other).moments[0].clone();
  keepSecondMoments(run.arena, {&run.resampled});
  EXPECT_EQ(test::largest(run.of(run.resampled).moments[0]), 0);
  EXPECT_TRUE(at::equal(run.of(run.resampled).moments[1], second));
  EXPECT_EQ(run.of(run.resampled).steps, 5);
  EXPECT_TRUE(at::equal(run.of(run.other).moments[0], untouched));
}

TEST(PruneMoments, ClearsTheShareWhoseFirstMomentIsSmallest) {
  Remembered run;
  auto& state = run.of(run.resampled);
  const auto first = state.moments[0].clone(), second = state.moments[1].clone();
  const auto untouched = run.of(run.other).moments[0].clone();
  pruneMoments(run.arena, {&run.resampled}, 0.75);
  const auto kept = state.moments[0].ne(0);
  EXPECT_EQ(kept.sum().item<std::int64_t>(), 6);  // a quarter of 24
  EXPECT_TRUE(at::equal(state.moments[0], first * kept));
  EXPECT_TRUE(at::equal(state.moments[1], second * kept));
  EXPECT_GT(first.masked_select(kept).abs().min().item<double>(),
            first.masked_select(kept.logical_not()).abs().max().item<double>());
  EXPECT_TRUE(at::equal(run.of(run.other).moments[0], untouched));

  pruneMoments(run.arena, {&run.other}, 0);
  EXPECT_TRUE(at::equal(run.of(run.other).moments[0], untouched));
  pruneMoments(run.arena, {&run.other}, 1);
  EXPECT_EQ(test::largest(run.of(run.other).moments[1]), 0);
}

TEST(TurnMoments, AnIdentityChangesNothingAndAZeroForgetsAll) {
  Remembered run;
  auto& state = run.of(run.resampled);
  const auto first = state.moments[0].clone(), second = state.moments[1].clone();
  turnMoments(run.arena, std::vector<MomentTurn>{{&run.resampled, at::eye(4), false}}, 0.9, 0.999);
  EXPECT_LT(test::distance(state.moments[0], first), 1e-6);
  EXPECT_LT(test::distance(state.moments[1], second), 1e-5);
  turnMoments(run.arena, std::vector<MomentTurn>{{&run.resampled, at::zeros({6, 6}), true}}, 0.9, 0.999);
  EXPECT_EQ(test::largest(state.moments[0]), 0);
  EXPECT_EQ(test::largest(state.moments[1]), 0);
}

TEST(TurnMoments, FollowsTheFormulaFromBothSides) {
  const double beta1 = 0.9, beta2 = 0.95;
  const double weight1 = 1 - std::pow(beta1, 5), weight2 = 1 - std::pow(beta2, 5);
  for (const bool fromLeft : {false, true}) {
    Remembered run;
    auto& state = run.of(run.resampled);
    const auto m = state.moments[0].clone() / weight1, v = state.moments[1].clone() / weight2;
    const auto matrix = fromLeft ? test::randomMatrix(6, 6, 8) : test::randomMatrix(4, 4, 8);
    const auto times = [&](const at::Tensor& left, const at::Tensor& right) {
      return fromLeft ? at::mm(right, left) : at::mm(left, right);
    };
    turnMoments(run.arena, std::vector<MomentTurn>{{&run.resampled, matrix, fromLeft}}, beta1, beta2);
    const auto mean = times(m, matrix);
    const auto expected = (times(v - m * m, matrix * matrix) + mean * mean).abs();
    EXPECT_LT(test::distance(state.moments[0] / weight1, mean), 1e-4);
    EXPECT_LT(test::distance(state.moments[1] / weight2, expected), 1e-3);
    EXPECT_EQ(state.steps, 5);
  }
}

TEST(TurnMoments, MomentumAloneTurnsToo) {
  Remembered run(1);
  auto& state = run.of(run.resampled);
  const auto expected = at::mm(state.moments[0], 2 * at::eye(4));
  turnMoments(run.arena, std::vector<MomentTurn>{{&run.resampled, 2 * at::eye(4), false}}, 0.9, 0.999);
  EXPECT_LT(test::distance(state.moments[0], expected), 1e-6);
}

}  // namespace
}  // namespace rosa::optim
