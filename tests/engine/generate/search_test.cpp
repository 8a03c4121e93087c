// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "scripted_scores.h"

namespace rosa::generate {
namespace {

/// After n tokens, token n of ten is likeliest and token 9 next.
std::vector<float> counting(const Ids& sequence) {
  std::vector<float> scores(10, 0);
  scores[9] = 1;
  scores[sequence.size() % 9] = 2;
  return scores;
}

TEST(Search, GreedyTakesTheLikeliest) {
  GenerationSettings settings;
  settings.maxNewTokens = 4;
  const auto found = searched(settings, {}, counting);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].tokens, (Ids{0, 1, 2, 3}));
  EXPECT_EQ(found[0].ending, Ending::Length);
  EXPECT_TRUE(std::isnan(found[0].score));
}

TEST(Search, EndsAtAnyEndToken) {
  const auto found = searched(GenerationSettings(), {7, 3}, counting)[0];
  EXPECT_EQ(found.tokens, (Ids{0, 1, 2}));
  EXPECT_EQ(found.ending, Ending::EndToken);
}

TEST(Search, PassesOverEndTokensBeforeTheLeastLength) {
  GenerationSettings settings;
  settings.minNewTokens = 4;
  EXPECT_EQ(searched(settings, {3, 5}, counting)[0].tokens, (Ids{0, 1, 2, 9, 4}));
}

TEST(Search, TellsEachTokenWithTheLikeliestByTheModelsOwnScores) {
  SearchStart start;
  start.maxNewTokens = 3;
  start.likeliest = 2;
  std::vector<MadeToken> told;
  start.made = [&](const MadeToken& made) { told.push_back(made); };
  GenerationSettings settings;
  settings.temperature = 0.01;
  settings.repetitionPenalty = 3;
  static_cast<void>(searched(*makeSearch(settings, std::move(start)), counting));
  ASSERT_EQ(told.size(), 3U);
  const double total = std::log(8 + std::exp(1) + std::exp(2));
  for (std::size_t i = 0; i < told.size(); ++i) {
    EXPECT_EQ(told[i].token, static_cast<std::int64_t>(i));
    EXPECT_NEAR(told[i].logProbability, 2 - total, 1e-6);
    ASSERT_EQ(told[i].likeliest.size(), 2U);
    EXPECT_EQ(told[i].likeliest[0].token, told[i].token);
    EXPECT_EQ(told[i].likeliest[1].token, 9);
    EXPECT_NEAR(told[i].likeliest[1].logProbability, 1 - total, 1e-6);
  }
}

TEST(Search, KeepsLogProbabilitiesAfterTheRules) {
  SearchStart start;
  start.ends = {2};
  start.maxNewTokens = 5;
  start.logProbabilities = true;
  GenerationSettings settings;
  settings.minNewTokens = 1;
  const auto found = searched(*makeSearch(settings, std::move(start)), counting)[0];
  ASSERT_EQ(found.logProbabilities.size(), 3U) << "two tokens and the end";
  const double e = std::exp(1.0);
  EXPECT_NEAR(found.logProbabilities[0], std::log(e * e / (e * e + e + 7)), 1e-6) << "the end token was ruled out";
  EXPECT_NEAR(found.logProbabilities[2], std::log(e * e / (e * e + e + 8)), 1e-6);
}

TEST(Search, SeveralContinuationsAreDrawnEachForItself) {
  GenerationSettings settings;
  settings.temperature = 2;
  settings.maxNewTokens = 12;
  settings.returned = 5;
  settings.seed = 3;
  const Ids ends = {8};  // some end before others
  const auto five = searched(settings, ends, counting);
  ASSERT_EQ(five.size(), 5U);
  std::set<Ids> different;
  std::set<Ending> endings;
  for (const auto& one : five) {
    different.insert(one.tokens);
    endings.insert(one.ending);
  }
  EXPECT_GT(different.size(), 3U);
  EXPECT_EQ(endings.size(), 2U);
  // How many are asked for changes none of them.
  settings.returned = 2;
  const auto two = searched(settings, ends, counting);
  EXPECT_EQ(two[0].tokens, five[0].tokens);
  EXPECT_EQ(two[1].tokens, five[1].tokens);
}

}  // namespace
}  // namespace rosa::generate
