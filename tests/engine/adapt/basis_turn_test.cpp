// SPDX-License-Identifier: GPL-3.0-or-later
#include "adapt/basis_turn.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "adapt/factorise.h"
#include "engine/adapt/matrices.h"

namespace rosa::adapt {
namespace {

TEST(BasisTurn, GivesTheGradientsOfTheNewFactorsWhereTheOldOnesSawTheWhole) {
  // dW lies in the span of both old factors, so that their gradients hold all of it.
  const auto oldA = test::randomMatrix(20, 4, 1), oldB = test::randomMatrix(4, 30, 2);
  const auto newA = test::randomMatrix(20, 4, 3), newB = test::randomMatrix(4, 30, 4);
  const auto dW = at::mm(at::mm(oldA, test::randomMatrix(4, 4, 5)), oldB);
  const auto turn = turnBetween(oldA, oldB, newA, newB);
  const auto expectedA = at::mm(dW, newB.t());
  const auto expectedB = at::mm(newA.t(), dW);
  EXPECT_LT(test::distance(at::mm(at::mm(dW, oldB.t()), turn.forA), expectedA), 1e-5 * test::largest(expectedA));
  EXPECT_LT(test::distance(at::mm(turn.forB, at::mm(oldA.t(), dW)), expectedB), 1e-5 * test::largest(expectedB));
}

TEST(BasisTurn, TheSameSliceTurnsNothingAndADisjointOneLeavesNothing) {
  const auto w = test::randomMatrix(20, 30, 6);
  const auto first = *factorise(w, {0, 5, 20});
  const auto other = *factorise(w, {5, 5, 20});
  const auto same = turnBetween(first.a, first.b, first.a, first.b);
  EXPECT_LT(test::distance(same.forA, at::eye(5)), 1e-5);
  EXPECT_LT(test::distance(same.forB, at::eye(5)), 1e-5);
  const auto disjoint = turnBetween(first.a, first.b, other.a, other.b);
  EXPECT_LT(test::largest(disjoint.forA), 1e-5);
  EXPECT_LT(test::largest(disjoint.forB), 1e-5);
}

TEST(BasisTurn, AZeroFactorSawNothing) {
  const auto zero = at::zeros({20, 4});
  const auto turn = turnBetween(zero, test::randomMatrix(4, 30, 2), zero, test::randomMatrix(4, 30, 4));
  EXPECT_EQ(test::largest(turn.forB), 0);
  EXPECT_GT(test::largest(turn.forA), 0.01);
}

}  // namespace
}  // namespace rosa::adapt
