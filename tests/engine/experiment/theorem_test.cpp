// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/theorem.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <random>

namespace rosa::experiment {
namespace {

/// Sizes, ranks and orders of the sides at random.
ProblemSize anySize(std::mt19937& random) {
  const auto between = [&](std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
  };
  ProblemSize size;
  size.in = between(8, 40);
  size.out = between(8, 40);
  size.rows = size.in + between(20, 100);
  size.rank = between(2, std::min(size.in, size.out));
  return size;
}

TEST(Theorem, AddedSlicesReachTheOptimumInAsManyCyclesAndNoSooner) {
  std::mt19937 random(1);
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto size = anySize(random);
    const auto problem = drawProblem(size, seed);
    const auto rank = std::uniform_int_distribution<std::int64_t>(1, size.rank)(random);
    const auto cycles = theoremCycles(problem, rank);
    ASSERT_EQ(cycles, (size.rank + rank - 1) / rank);
    const auto losses = solveCycles(problem, rank, Removal::None, cycles, seed);
    EXPECT_LT(losses.back(), 1e-20 * losses.front()) << "instance " << seed;
    EXPECT_GT(losses[losses.size() - 2], 1e-9 * losses.front()) << "instance " << seed;
  }
}

TEST(Theorem, ACycleIsTheBestChangeOfItsRank) {
  const auto problem = drawProblem({.rows = 60, .in = 10, .out = 8, .rank = 6}, 3);
  const auto losses = solveCycles(problem, 2, Removal::None, 1, 0);
  // Eckart and Young, in the metric of X: what the six singular values of the fitted residual leave after two.
  const auto sigma = at::linalg_svdvals(problem.targets - problem.inputs.mm(problem.start)).square();
  EXPECT_NEAR(losses[1],
              (sigma.sum() - sigma[0] - sigma[1]).item<double>() / static_cast<double>(problem.targets.numel()),
              1e-12 * losses[0]);
}

TEST(Theorem, NoCycleWithRemovalRaisesTheLoss) {
  for (const auto removal : {Removal::Window, Removal::Sweep, Removal::Top, Removal::Bottom}) {
    for (const auto& [in, out] : {std::pair{20, 12}, std::pair{12, 20}}) {
      const auto problem = drawProblem({.rows = 90, .in = in, .out = out, .rank = 6}, 5);
      const auto losses = solveCycles(problem, 3, removal, 16, 7);
      for (std::size_t i = 1; i < losses.size(); ++i) {
        EXPECT_LE(losses[i], losses[i - 1] * (1 + 1e-9)) << "putting back what was taken is one of the choices";
      }
    }
  }
}

TEST(Theorem, RemovalCostsRank) {
  const auto problem = drawProblem({}, 11);
  const auto cycles = theoremCycles(problem, 4);
  const auto window = solveCycles(problem, 4, Removal::Window, cycles, 0);
  const auto added = solveCycles(problem, 4, Removal::None, cycles, 0);
  EXPECT_GT(window.back(), 1e6 * added.back());
}

}  // namespace
}  // namespace rosa::experiment
