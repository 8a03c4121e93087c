// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/dropout.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "engine/adapt/matrices.h"
#include "support/device_under_test.h"

namespace rosa::model {
namespace {

at::Tensor factors(const DropoutKey& key, double p = 0.3, std::int64_t count = 100'003) {
  return dropoutFactors({count}, p, key, at::kCPU);
}

TEST(Dropout, AKeyAlwaysGivesTheSameMask) {
  const auto mask = factors({.seed = 9, .step = 4});
  EXPECT_TRUE(at::equal(mask, factors({.seed = 9, .step = 4})));
  const auto threads = at::get_num_threads();
  at::set_num_threads(threads == 1 ? 2 : 1);
  EXPECT_TRUE(at::equal(mask, factors({.seed = 9, .step = 4})));
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(mask.narrow(0, 0, 77), factors({.seed = 9, .step = 4}, 0.3, 77))) << "elements are counted";
}

TEST(Dropout, ADeviceHasTheSameNumbersAsTheCpu) {
  const DropoutKey key{.seed = 7, .step = 2, .layer = 3};
  for (const std::int64_t count : {1, 31, 33, 100'003}) {
    const auto mask = dropoutFactors({count}, 0.3, key, test::deviceUnderTest());
    EXPECT_TRUE(mask.device() == test::deviceUnderTest());
    EXPECT_TRUE(at::equal(mask.cpu(), dropoutFactors({count}, 0.3, key, at::kCPU))) << count;
    const auto noise = uniformNoise({count}, key, test::deviceUnderTest());
    EXPECT_TRUE(at::equal(noise.cpu(), uniformNoise({count}, key, at::kCPU))) << count;
  }
}

TEST(Dropout, AttentionHasEachSequencesOwnMaskInItsPaddedSquare) {
  const auto sequences = sequencesOf({0, 5, 6, 13}, test::deviceUnderTest());
  DropoutKey key{.seed = 5, .step = 1, .place = DropoutPlace::Attention};
  const auto all = attentionDropoutFactors(sequences, 2, 0.3, key, test::deviceUnderTest()).cpu();
  ASSERT_EQ(all.sizes(), (std::vector<std::int64_t>{3, 2, 7, 7}));
  for (key.part = 0; key.part < 3; ++key.part) {
    const auto length = sequences.length(key.part);
    const auto own = all[key.part].narrow(1, 0, length).narrow(2, 0, length);
    EXPECT_TRUE(at::equal(own, dropoutFactors({2, length, length}, 0.3, key, at::kCPU))) << key.part;
    EXPECT_EQ(at::count_nonzero(all[key.part]).item<std::int64_t>(), at::count_nonzero(own).item<std::int64_t>());
  }
}

TEST(Dropout, TheMaskOfAPieceIsThatPieceOfTheMask) {
  for (const std::int64_t width : {7, 64}) {
    DropoutKey key{.seed = 5};
    const auto whole = dropoutFactors({40, width}, 0.3, key, test::deviceUnderTest());
    const auto noise = uniformNoise({40, width}, key, at::kCPU);
    for (key.firstRow = 1; key.firstRow < 40; key.firstRow += 6) {
      const auto rows = std::min<std::int64_t>(9, 40 - key.firstRow);
      EXPECT_TRUE(at::equal(dropoutFactors({rows, width}, 0.3, key, test::deviceUnderTest()),
                            whole.narrow(0, key.firstRow, rows)))
          << key.firstRow << " of width " << width;
      EXPECT_TRUE(at::equal(uniformNoise({rows, width}, key, at::kCPU), noise.narrow(0, key.firstRow, rows)));
    }
  }
}

TEST(Dropout, TheAttentionOfAPieceHasThatPiecesMasks) {
  DropoutKey key{.seed = 5, .place = DropoutPlace::Attention};
  const auto whole = attentionDropoutFactors(sequencesOf({0, 5, 6, 13}, test::deviceUnderTest()), 2, 0.3, key,
                                             test::deviceUnderTest());
  key.part = 1;
  const auto piece =
      attentionDropoutFactors(sequencesOf({0, 1, 8}, test::deviceUnderTest()), 2, 0.3, key, test::deviceUnderTest());
  EXPECT_TRUE(at::equal(piece, whole.narrow(0, 1, 2)));
}

TEST(Dropout, EveryPartOfTheKeyMatters) {
  const std::vector<DropoutKey> keys = {{},
                                        {.seed = 1},
                                        {.step = 1},
                                        {.microBatch = 1},
                                        {.layer = 1},
                                        {.layer = -1},
                                        {.place = DropoutPlace::Attention},
                                        {.part = 1}};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      // Independent masks at p = 0.3 agree at 0.3² + 0.7² = 58 % of the places, give or take 0.2 %.
      const auto agreement = (factors(keys[i]) == factors(keys[j])).to(at::kDouble).mean().item<double>();
      EXPECT_NEAR(agreement, 0.58, 0.01) << i << " and " << j;
    }
  }
}

TEST(Dropout, DropsItsShareAndKeepsTheMean) {
  for (const double p : {0.1, 0.5, 0.9}) {
    const auto mask = factors({.seed = 3}, p, 400'000);
    const auto dropped = (mask == 0).to(at::kDouble).mean().item<double>();
    EXPECT_NEAR(dropped, p, 5 * std::sqrt(p * (1 - p) / 400'000));
    EXPECT_NEAR(mask.mean().item<double>(), 1, 5 * std::sqrt(p / (1 - p) / 400'000));
    const auto kept = mask.masked_select(mask != 0);
    EXPECT_TRUE(at::equal(kept, at::full_like(kept, static_cast<float>(1 / (1 - p)))));
  }
}

TEST(Dropout, GradientPassesWhereTheValueDid) {
  const DropoutKey key{.seed = 2};
  auto x = test::randomMatrix(13, 7, 1).requires_grad_(true);
  const auto y = dropout(x, 0.4, key);
  const auto mask = dropoutFactors({13, 7}, 0.4, key, at::kCPU);
  EXPECT_TRUE(at::equal(y, x.detach() * mask));
  const auto weights = test::randomMatrix(13, 7, 2);
  (y * weights).sum().backward();
  EXPECT_TRUE(at::equal(x.grad(), weights * mask));
}

TEST(Dropout, ZeroIsTheTensorItself) {
  const auto x = test::randomMatrix(2, 3, 1);
  EXPECT_TRUE(dropout(x, 0, {}).is_same(x));
}

}  // namespace
}  // namespace rosa::model
