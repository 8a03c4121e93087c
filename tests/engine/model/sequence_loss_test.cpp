// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/sequence_loss.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace rosa::model {
namespace {

TEST(SequenceLoss, SmoothingSpreadsAShareOfEachTargetOverTheClasses) {
  const auto scores = at::tensor({1.0, 0.0, -2.0, 0.5, 0.5, 3.0}, at::kDouble).view({2, 3});
  const auto targets = at::tensor({0, 2}, at::kLong);
  double expected = 0;
  for (std::int64_t row = 0; row < 2; ++row) {
    double sum = 0;
    for (std::int64_t column = 0; column < 3; ++column) sum += std::exp(scores[row][column].item<double>());
    for (std::int64_t column = 0; column < 3; ++column) {
      const double wanted = 0.3 / 3 + (column == targets[row].item<std::int64_t>() ? 0.7 : 0);
      expected -= wanted * (scores[row][column].item<double>() - std::log(sum));
    }
  }
  EXPECT_NEAR(sequenceLoss(scores, targets, Head::Classification, 4, 0.3).item<double>(), expected / 4, 1e-12);
}

TEST(SequenceLoss, SquaredErrorsAreNotSmoothed) {
  const auto scores = at::tensor({1.0, 3.0}).view({2, 1});
  const auto targets = at::tensor({0.0, 1.0});
  EXPECT_EQ(sequenceLoss(scores, targets, Head::Regression, 2, 0.5).item<double>(), 2.5);
}

}  // namespace
}  // namespace rosa::model
