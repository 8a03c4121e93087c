// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/embedding_noise.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/adapt/matrices.h"
#include "model/dropout.h"

namespace rosa::model {
namespace {

constexpr std::int64_t kWidth = 50;
constexpr double kAlpha = 5;

/// Sequences of 4 and 100 tokens.
Batch twoSequences() {
  Batch batch;
  batch.offsets = {0, 4, 104};
  return batch;
}

Pass passOf(std::int64_t step) {
  Pass pass;
  pass.training = true;
  pass.seed = 3;
  pass.step = step;
  pass.embeddingNoise = kAlpha;
  return pass;
}

TEST(EmbeddingNoise, IsUniformUpToAlphaOverTheRootOfLengthTimesWidth) {
  const auto embedded = test::randomMatrix(104, kWidth, 1);
  const auto noise = withEmbeddingNoise(embedded, twoSequences(), passOf(1)) - embedded;
  for (const auto& [first, length] : {std::pair<std::int64_t, std::int64_t>{0, 4}, {4, 100}}) {
    const auto part = noise.narrow(0, first, length);
    const double most = kAlpha / std::sqrt(static_cast<double>(length * kWidth));
    EXPECT_LE(test::largest(part), most * 1.0001);
    EXPECT_GT(test::largest(part), 0.95 * most);
    EXPECT_NEAR(part.mean().item<double>() / most, 0, 0.15);
    EXPECT_NEAR(part.std().item<double>() / most, 1 / std::sqrt(3.0), 0.06);
  }
}

TEST(EmbeddingNoise, IsRepeatedByItsKeyAlone) {
  const auto embedded = at::zeros({104, kWidth});
  const auto noise = withEmbeddingNoise(embedded, twoSequences(), passOf(1));
  EXPECT_TRUE(at::equal(noise, withEmbeddingNoise(embedded, twoSequences(), passOf(1))));
  EXPECT_FALSE(at::equal(noise, withEmbeddingNoise(embedded, twoSequences(), passOf(2))));
}

TEST(EmbeddingNoise, LeavesEvaluationAndGradientsAlone) {
  const auto embedded = test::randomMatrix(104, kWidth, 1).requires_grad_(true);
  auto evaluation = passOf(1);
  evaluation.training = false;
  EXPECT_TRUE(withEmbeddingNoise(embedded, twoSequences(), evaluation).is_same(embedded));
  withEmbeddingNoise(embedded, twoSequences(), passOf(1)).sum().backward();
  EXPECT_EQ(test::largest(embedded.grad() - 1), 0);
}

TEST(UniformNoise, FillsTheRangeEvenly) {
  const auto noise = uniformNoise({100'000}, DropoutKey{1, 2, 3}, at::kCPU);
  EXPECT_LT(test::largest(noise), 1);
  const auto counts = at::histc(noise, 20, -1, 1);
  EXPECT_GT(counts.min().item<double>(), 4600);
  EXPECT_LT(counts.max().item<double>(), 5400);
}

}  // namespace
}  // namespace rosa::model
