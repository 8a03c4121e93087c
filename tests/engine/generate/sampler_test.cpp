// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/sampler.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace rosa::generate {
namespace {

using Scores = std::vector<float>;

std::vector<std::int64_t> draws(std::uint64_t seed, std::uint64_t stream, int count) {
  Sampler sampler(seed, stream);
  const Scores scores(1000, 0);
  std::vector<std::int64_t> tokens;
  for (int i = 0; i < count; ++i) tokens.push_back(sampler.draw(scores));
  return tokens;
}

TEST(Likeliest, IsTheFirstOfEquals) {
  EXPECT_EQ(likeliest(Scores{1, 4, 2, 4}), 1);
}

TEST(Sampler, DrawsAsOftenAsTheProbabilitiesSay) {
  const std::array<double, 4> probabilities = {0.1, 0.6, 0.05, 0.25};
  Scores scores;
  for (const auto p : probabilities) scores.push_back(static_cast<float>(std::log(p)) + 3);
  Sampler sampler(7, 0);
  constexpr int kDraws = 40000;
  std::array<int, 4> counts{};
  for (int i = 0; i < kDraws; ++i) ++counts.at(static_cast<std::size_t>(sampler.draw(scores)));
  for (std::size_t i = 0; i < 4; ++i) {
    const double deviation = std::sqrt(kDraws * probabilities[i] * (1 - probabilities[i]));
    EXPECT_NEAR(counts[i], kDraws * probabilities[i], 5 * deviation) << i;
  }
}

TEST(Sampler, NeverDrawsWhatIsRuledOut) {
  constexpr float kImpossible = -std::numeric_limits<float>::infinity();
  const Scores scores = {kImpossible, 0, kImpossible, 1, kImpossible};
  Sampler sampler(1, 0);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(sampler.draw(scores) % 2, 1);
}

TEST(Sampler, RepeatsBySeedAndStream) {
  EXPECT_EQ(draws(3, 0, 20), draws(3, 0, 20));
  EXPECT_NE(draws(3, 0, 20), draws(4, 0, 20));
  EXPECT_NE(draws(3, 0, 20), draws(3, 1, 20));
  EXPECT_NE(draws(3, 0, 20), draws(3 + (std::uint64_t{1} << 40U), 0, 20)) << "all bits count";
}

TEST(Sampler, DrawsTheSameOnEveryMachine) {
  EXPECT_EQ(draws(1, 0, 4), (std::vector<std::int64_t>{959, 864, 778, 551}));
}

}  // namespace
}  // namespace rosa::generate
