// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/meteor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "words.h"

namespace rosa::metrics {
namespace {

constexpr double kTiny = 1e-12;

double meteorOf(const std::string& hypothesis, const std::vector<std::string>& references) {
  return meteor(std::vector{segment(hypothesis, references)});
}
/// What fragmentation leaves of the score.
double whole(double chunks, double matches) {
  return 1 - 0.6 * std::pow(chunks / matches, 0.2);
}

TEST(MeteorTest, AnExactCopyScoresOne) {
  EXPECT_NEAR(meteorOf("red cat black dog", {"red cat black dog"}), 1, kTiny);
  EXPECT_NEAR(meteor(std::vector{segment("red cat", {"red cat"}), segment("dog", {"dog"})}), 1, kTiny);
  EXPECT_EQ(meteorOf("red cat", {"black dog"}), 0);
}

TEST(MeteorTest, CountsFunctionWordsAThirdOfContentWords) {
  // "the" matches: 0.25 of 0.25 + 0.75 on both sides.
  EXPECT_NEAR(meteorOf("the cat", {"the dog"}), 0.25 * whole(1, 1), kTiny);
  EXPECT_NEAR(meteorOf("a cat", {"the cat"}), 0.75 * whole(1, 1), kTiny);
}

TEST(MeteorTest, WeighsRecallMoreThanPrecision) {
  const double few = 1 / (0.15 / 1 + 0.85 / 0.5);
  const double many = 1 / (0.15 / 0.5 + 0.85 / 1);
  EXPECT_NEAR(meteorOf("red cat", {"red cat black dog"}), few * whole(1, 2), kTiny);
  EXPECT_NEAR(meteorOf("red cat black dog", {"red cat"}), many * whole(1, 2), kTiny);
}

TEST(MeteorTest, PunishesPiecesInAnotherOrder) {
  EXPECT_NEAR(meteorOf("red cat black dog", {"black dog red cat"}), whole(2, 4), kTiny);
}

TEST(MeteorTest, EqualStemsCountLess) {
  EXPECT_NEAR(meteorOf("cheap restaurants", {"cheap restaurant"}), (1 + 0.6) / 2, kTiny);
}

TEST(MeteorTest, AWordIsMatchedOnceAndWithTheStraightestPartner) {
  // One of the two cats finds none; of the two places for "cat" the one beside "red" keeps one chunk.
  EXPECT_NEAR(meteorOf("cat cat", {"cat"}), 1 / (0.15 / 0.5 + 0.85) * whole(1, 1), kTiny);
  EXPECT_NEAR(meteorOf("cat dog red cat", {"red cat"}), 1 / (0.15 / 0.5 + 0.85) * whole(1, 2), kTiny);
}

TEST(MeteorTest, TakesTheBestReferenceAndSumsOverSegments) {
  EXPECT_NEAR(meteorOf("red cat", {"black dog", "red cat", "red dog"}), 1, kTiny);
  // Three words of four match on both sides; the perfect segment adds matches but no chunk.
  const std::vector<TextSegment> two = {segment("red cat", {"red cat"}), segment("black dog", {"black fox"})};
  EXPECT_NEAR(meteor(two), 0.75 * whole(1, 3), kTiny);
}

TEST(MeteorTest, WordsWithASenseInCommonCountWhereThereIsADictionary) {
  const std::map<std::string, std::vector<std::int64_t>> senses = {{"pub", {3, 8}}, {"inn", {5, 8}}, {"bar", {4, 9}}};
  static const std::vector<std::int64_t> kNone;
  const Senses dictionary = [&senses](const std::string& word) -> const std::vector<std::int64_t>& {
    const auto found = senses.find(word);
    return found == senses.end() ? kNone : found->second;
  };
  EXPECT_NEAR(meteor(std::vector{segment("cheap pub", {"cheap inn"})}, dictionary), (1 + 0.8) / 2, kTiny);
  EXPECT_NEAR(meteor(std::vector{segment("cheap pub", {"cheap bar"})}, dictionary), 0.5 * whole(1, 1), kTiny);
  EXPECT_NEAR(meteorOf("cheap pub", {"cheap inn"}), 0.5 * whole(1, 1), kTiny);
}

}  // namespace
}  // namespace rosa::metrics
