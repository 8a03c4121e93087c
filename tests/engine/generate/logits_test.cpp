// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/logits.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

/// Numbers computed by hand.
namespace rosa::generate {
namespace {

using Ids = std::vector<std::int64_t>;
using Scores = std::vector<float>;

constexpr float kNever = -std::numeric_limits<float>::infinity();

/// Scores whose softmax is these probabilities.
Scores logOf(const std::vector<double>& probabilities) {
  Scores scores;
  for (const auto p : probabilities) scores.push_back(static_cast<float>(std::log(p)));
  return scores;
}

/// Which tokens are left.
Ids kept(const Scores& scores) {
  Ids ids;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (scores[i] > kNever) ids.push_back(static_cast<std::int64_t>(i));
  }
  return ids;
}

TEST(RepetitionPenalty, MakesSeenTokensLessLikelyOnceEach) {
  Scores scores = {2, -2, 0, 3};
  penaliseRepetition(scores, Ids{1, 0, 1, 1}, 2);
  EXPECT_EQ(scores, (Scores{1, -4, 0, 3}));
}

TEST(RepetitionPenalty, PassesOverIdsBeyondTheVocabulary) {
  Scores scores = {2, 3};
  penaliseRepetition(scores, Ids{7, -1, 1}, 3);
  EXPECT_EQ(scores, (Scores{2, 1}));
}

TEST(RepeatedNgrams, AreNotCompletedAgain) {
  const Ids history = {5, 1, 2, 3, 0, 1, 2};
  Scores scores(6, 0);
  banRepeatedNgrams(scores, history, 3);
  EXPECT_EQ(kept(scores), (Ids{0, 1, 2, 4, 5})) << "1 2 3 was there";
  scores.assign(6, 0);
  banRepeatedNgrams(scores, history, 4);
  EXPECT_EQ(kept(scores).size(), 6U);
}

TEST(RepeatedNgrams, OfOneTokenAreAllTokensThatWereThere) {
  Scores scores(5, 0);
  banRepeatedNgrams(scores, Ids{3, 1, 3}, 1);
  EXPECT_EQ(kept(scores), (Ids{0, 2, 4}));
}

TEST(RepeatedNgrams, ThatOverlapThemselvesAreFound) {
  Scores scores(3, 0);
  banRepeatedNgrams(scores, Ids{1, 1, 1}, 3);
  EXPECT_EQ(kept(scores), (Ids{0, 2}));
}

TEST(RepeatedNgrams, NeedAHistoryOfThatLength) {
  for (const auto& history : {Ids{}, Ids{1}, Ids{1, 2}}) {
    Scores scores(3, 0);
    banRepeatedNgrams(scores, history, 3);
    EXPECT_EQ(kept(scores).size(), 3U);
  }
}

TEST(Temperature, DividesTheDistances) {
  Scores scores = {1, 3, kNever, 2};
  divideByTemperature(scores, 0.5);
  EXPECT_EQ(scores, (Scores{-4, 0, kNever, -2}));
}

TEST(Temperature, NearZeroLeavesTheLikeliest) {
  Scores scores = {1, 3, 2};
  divideByTemperature(scores, 1e-300);
  EXPECT_EQ(scores[1], 0);
  EXPECT_EQ(kept(scores), Ids{1});
}

TEST(TopK, KeepsTheHighestAndTheirEquals) {
  const Scores scores = {1, 5, 3, 3, 4};
  auto three = scores;
  keepTopK(three, 3);
  EXPECT_EQ(kept(three), (Ids{1, 2, 3, 4}));
  auto two = scores;
  keepTopK(two, 2);
  EXPECT_EQ(two, (Scores{kNever, 5, kNever, kNever, 4}));
  auto all = scores;
  keepTopK(all, 9);
  EXPECT_EQ(all, scores);
}

TEST(TopP, KeepsTheFewestThatReachTheMass) {
  const auto scores = logOf({0.1, 0.5, 0.15, 0.25});
  const auto left = [&](double mass) {
    auto some = scores;
    keepTopP(some, mass);
    return kept(some);
  };
  EXPECT_EQ(left(1e-9), Ids{1});
  EXPECT_EQ(left(0.49), Ids{1});
  EXPECT_EQ(left(0.51), (Ids{1, 3}));
  EXPECT_EQ(left(0.74), (Ids{1, 3}));
  EXPECT_EQ(left(0.76), (Ids{1, 2, 3}));
  EXPECT_EQ(left(0.95), (Ids{0, 1, 2, 3}));
  EXPECT_EQ(left(1), (Ids{0, 1, 2, 3}));
}

TEST(TopP, ReachesFarIntoAFlatDistribution) {
  Scores scores(1000, 0);
  keepTopP(scores, 0.7005);
  const auto left = kept(scores);
  ASSERT_EQ(left.size(), 701U);
  EXPECT_EQ(left.back(), 700) << "of equals, the first";
}

TEST(MinP, KeepsThoseNearTheLikeliest) {
  auto scores = logOf({0.1, 0.5, 0.15, 0.25});
  keepMinP(scores, 0.29);
  EXPECT_EQ(kept(scores), (Ids{1, 2, 3}));
  keepMinP(scores, 0.31);
  EXPECT_EQ(kept(scores), (Ids{1, 3}));
  keepMinP(scores, 1);
  EXPECT_EQ(kept(scores), Ids{1});
}

TEST(Rules, HoldEndTokensBackUntilTheLeastLength) {
  GenerationSettings settings;
  settings.minNewTokens = 2;
  const auto left = [&](std::int64_t made) {
    Scores scores(4, 0);
    applyRules(scores, {Ids{0}, 0, made}, Ids{1, 3}, settings);
    return kept(scores);
  };
  EXPECT_EQ(left(1), (Ids{0, 2}));
  EXPECT_EQ(left(2), (Ids{0, 1, 2, 3}));
}

TEST(Rules, CountPadsAmongTheNgramsYetNotAsRepeated) {
  GenerationSettings settings;
  settings.repetitionPenalty = 2;
  settings.noRepeatNgram = 2;
  Scores scores = {4, 4, 4, 4};
  const Ids past = {3, 3, 1, 3};
  applyRules(scores, {past, 2, 0}, {}, settings);
  EXPECT_EQ(scores, (Scores{4, kNever, 4, kNever}));
  scores = {4, 4, 4, 4};
  settings.noRepeatNgram = 0;
  applyRules(scores, {Ids{3, 3, 1}, 2, 0}, {}, settings);
  EXPECT_EQ(scores, (Scores{4, 2, 4, 4}));
}

TEST(Rules, MayLeaveTheNgramsOfThePromptFree) {
  GenerationSettings settings;
  settings.noRepeatNgram = 2;
  const Ids past = {0, 1, 0, 2, 0};  // the prompt holds 0 1
  Scores scores(4, 0);
  applyRules(scores, {past, 0, 3}, {}, settings);
  EXPECT_EQ(kept(scores), (Ids{0, 3}));
  settings.ngramsOfPrompt = false;
  scores.assign(4, 0);
  applyRules(scores, {past, 0, 3}, {}, settings);
  EXPECT_EQ(kept(scores), (Ids{0, 1, 3})) << "0 2 is of the text";
}

TEST(Rules, OfDrawingApplyInTransformersOrder) {
  // Temperature 1/2 squares the probabilities: 16, 9, 4, 1 of 30. Top-p then sees top-k's three as 16, 9, 4 of 29.
  GenerationSettings settings;
  settings.temperature = 0.5;
  settings.topK = 3;
  settings.topP = 0.86;
  auto scores = logOf({0.4, 0.3, 0.2, 0.1});
  shapeForDrawing(scores, settings);
  EXPECT_EQ(kept(scores), (Ids{0, 1})) << "25/29 is above the mass, 25/30 would not be";
  EXPECT_NEAR(scores[1] - scores[0], std::log(9.0 / 16), 1e-6);
}

TEST(LogSumExp, DoesNotOverflow) {
  EXPECT_NEAR(logSumExp(Scores{1000, 1000}), 1000 + std::log(2), 1e-9);
  EXPECT_NEAR(logSumExp(logOf({0.25, 0.5, 0.25})), 0, 1e-7);
}

TEST(LikeliestTokens, ComeInOrderAndOfEqualsTheLowerFirst) {
  const Scores scores = {1, 3, kNever, 3, 2};
  EXPECT_EQ(likeliestTokens(scores, 3), (Ids{1, 3, 4}));
  EXPECT_EQ(likeliestTokens(scores, 9).size(), 5U);
  EXPECT_TRUE(likeliestTokens(scores, 0).empty());
}

}  // namespace
}  // namespace rosa::generate
