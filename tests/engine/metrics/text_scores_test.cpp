// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/text_scores.h"

#include <gtest/gtest.h>

#include <cmath>

#include "metrics/bleu.h"
#include "metrics/cider.h"
#include "metrics/nist.h"
#include "metrics/rouge_l.h"
#include "words.h"

namespace rosa::metrics {
namespace {

constexpr double kTolerance = 1e-12;

double bleuOf(const std::string& hypothesis, const std::vector<std::string>& references) {
  return bleu(std::vector{segment(hypothesis, references)});
}

TEST(BleuTest, IsTheGeometricMeanOfTheFourPrecisions) {
  // 4 of 5 words, 3 of 4 pairs, 2 of 3, 1 of 2.
  EXPECT_NEAR(bleuOf("a b c d e", {"a b c d f"}), std::pow(4.0 / 5 * 3 / 4 * 2 / 3 * 1 / 2, 0.25), kTolerance);
}

TEST(BleuTest, CountsAWordAsOftenAsOneReferenceHasItAndSmoothsEmptyOrders) {
  // Papineni's example: "the" twice in one reference, never four times in two. Orders 2 to 4 count 1/2, 1/4, 1/8.
  const double expected = std::pow(2.0 / 7 * (1.0 / 2 / 6) * (1.0 / 4 / 5) * (1.0 / 8 / 4), 0.25);
  EXPECT_NEAR(bleuOf("the the the the the the the", {"the cat is on the mat", "there is the cat on the mat"}), expected,
              kTolerance);
}

TEST(BleuTest, ComparesItsLengthWithTheClosestReferenceAndTheShorterOfTwo) {
  EXPECT_NEAR(bleuOf("a b c d", {"a b c d e"}), std::exp(1 - 5.0 / 4), kTolerance);
  EXPECT_NEAR(bleuOf("a b c d", {"a b c d e", "a b c"}), 1, kTolerance);
  EXPECT_NEAR(bleuOf("a b c d", {"a b", "a b c d e"}), std::exp(1 - 5.0 / 4), kTolerance);
}

TEST(BleuTest, AddsCountsOverTheCorpusBeforeItDivides) {
  const std::vector<TextSegment> two = {segment("a b c d", {"a b c d"}), segment("x y z w", {"k l m n"})};
  EXPECT_NEAR(bleu(two), std::pow(4.0 / 8 * 3 / 6 * 2 / 4 * 1 / 2, 0.25), kTolerance);
}

double nistOf(const std::string& hypothesis, const std::vector<std::string>& references) {
  return nist(std::vector{segment(hypothesis, references)});
}

TEST(NistTest, WeighsAMatchByWhatItsLastWordTells) {
  // Of the four words a is one in two (1 bit), b and c one in four (2 bits); behind a comes b or c (1 bit each).
  EXPECT_NEAR(nistOf("a b a c", {"a b a c"}), (1 + 2 + 1 + 2) / 4.0 + (1 + 0 + 1) / 3.0, kTolerance);
}

TEST(NistTest, HalvesTheScoreAtTwoThirdsOfTheLength) {
  EXPECT_NEAR(nistOf("a b", {"a b c"}), std::log2(3) / 2, kTolerance);
}

TEST(NistTest, MeasuresLengthAgainstTheMeanOverAllReferences) {
  // Three references of 1, 1 and 4 words: 2 on average, as long as the hypothesis. a and b stand in them 2 and 1 times.
  const double a = std::log2(6.0 / 2);
  const double b = std::log2(6.0 / 1);
  EXPECT_NEAR(nistOf("a q", {"a", "b", "a x y z"}), a / 2, kTolerance);
  EXPECT_NEAR(nistOf("a b", {"a", "b", "a x y z"}), (a + b) / 2, kTolerance);
}

TEST(RougeLTest, TakesTheBestPrecisionAndTheBestRecallOfAllReferences) {
  const auto score = [](double precision, double recall) {
    return 2.44 * precision * recall / (recall + 1.44 * precision);
  };
  EXPECT_NEAR(rougeL(std::vector{segment("a b c d", {"a c d e f"})}), score(3.0 / 4, 3.0 / 5), kTolerance);
  EXPECT_NEAR(rougeL(std::vector{segment("a b c d", {"a c d e f", "a b"})}), score(3.0 / 4, 1), kTolerance);
  const std::vector<TextSegment> two = {segment("a", {"a"}), segment("a", {"b"})};
  EXPECT_NEAR(rougeL(two), 0.5, kTolerance);
}

/// A segment that scores 0 and makes the idf of all other words ln 2.
const TextSegment kOther = segment("p", {"q"});

TEST(CiderTest, IsTheMeanCosineOfTheFourOrders) {
  EXPECT_NEAR(cider(std::vector{segment("a b", {"a b"}), kOther}), 10 * (1 + 1 + 0 + 0) / 4.0 / 2, kTolerance);
  EXPECT_NEAR(cider(std::vector{segment("a b", {"a b", "x y"}), kOther}), 10 * (1 + 1 + 0 + 0) / 4.0 / 2 / 2,
              kTolerance);
}

TEST(CiderTest, ClipsRepeatedWordsAndPunishesADifferenceInLength) {
  // min(2, 1) * 1 / (2 * sqrt 2)
  EXPECT_NEAR(cider(std::vector{segment("a a", {"a b"}), kOther}), 10 / (2 * std::sqrt(2)) / 4 / 2, kTolerance);
  // Words a and b of a, b, c: cosine 2 / sqrt 6; pair a b of two: 1 / sqrt 2; one pair more.
  EXPECT_NEAR(cider(std::vector{segment("a b", {"a b c"}), kOther}),
              10 * (2 / std::sqrt(6) + 1 / std::sqrt(2)) * std::exp(-1.0 / 72) / 4 / 2, kTolerance);
}

TEST(CiderTest, WordsOfEverySegmentSayNothing) {
  const std::vector<TextSegment> same = {segment("a b c d", {"a b c d"}), segment("a b c d", {"a b c d"})};
  EXPECT_EQ(cider(same), 0);
}

TEST(TextScoresTest, AnEmptyHypothesisScoresNothingAndNoTextsHaveNoScore) {
  const std::vector<std::string> empty = {"", " "};
  const std::vector<std::vector<std::string>> references = {{"A pub."}, {"It is cheap.", "Cheap!"}};
  for (const auto& [name, value] : textScores(empty, references)) EXPECT_EQ(value, 0) << name;
  for (const auto& [name, value] : textScores({}, {})) EXPECT_TRUE(std::isnan(value)) << name;
}

TEST(TextScoresTest, TellsAllFiveOfEqualTexts) {
  const std::vector<std::string> texts = {"The Punter is a pub by the river.", "Aromi serves cheap Chinese food."};
  const std::vector<std::vector<std::string>> references = {{texts[0]}, {texts[1]}};
  const auto scores = textScores(texts, references);
  ASSERT_EQ(scores.size(), 5U);
  EXPECT_EQ(scores[0], (std::pair<std::string, double>("bleu", 1)));
  EXPECT_EQ(scores[1].first, "nist");
  EXPECT_EQ(scores[2], (std::pair<std::string, double>("meteor", 1)));
  EXPECT_EQ(scores[3], (std::pair<std::string, double>("rouge_l", 1)));
  EXPECT_EQ(scores[4].first, "cider");
  EXPECT_NEAR(scores[4].second, 10, kTolerance);
}

}  // namespace
}  // namespace rosa::metrics
