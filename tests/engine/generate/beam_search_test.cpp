// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/beam_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "generate/logits.h"
#include "scripted_scores.h"

namespace rosa::generate {
namespace {

constexpr std::int64_t kEnd = 2;

/// Log-probabilities of tokens 0, 1 and the end, after each of some sequences; elsewhere nothing is likely.
Scores script(std::map<Ids, std::vector<float>> rows) {
  return [rows = std::move(rows)](const Ids& sequence) {
    const auto found = rows.find(sequence);
    return found == rows.end() ? std::vector<float>{-20, -20, -20} : found->second;
  };
}

GenerationSettings beams(std::int64_t count, EarlyStopping stopping) {
  GenerationSettings settings;
  settings.beams = count;
  settings.earlyStopping = stopping;
  settings.maxNewTokens = 10;
  return settings;
}

/// Seeded random log-probabilities of four tokens.
std::vector<float> randomRow(const Ids& sequence) {
  std::seed_seq seed(sequence.begin(), sequence.end());
  std::mt19937 bits(seed);
  std::vector<float> row;
  for (int i = 0; i < 4; ++i) row.push_back(static_cast<float>(bits() % 1000) / 250);
  const auto sum = static_cast<float>(logSumExp(row));
  for (auto& score : row) score -= sum;
  return row;
}

TEST(BeamSearch, WideEnoughFindsTheBestOfAllContinuations) {
  for (const double penalty : {0.0, 0.8, 2.0, -1.0}) {
    // All of at most 4 tokens, of which the last, 3, ends.
    std::vector<std::pair<double, Ids>> all;
    std::vector<std::pair<double, Ids>> open = {{0, {}}};
    for (int length = 1; length <= 4; ++length) {
      std::vector<std::pair<double, Ids>> longer;
      for (const auto& [sum, ids] : open) {
        const auto row = randomRow(ids);
        for (std::int64_t token = 0; token < 4; ++token) {
          auto more = ids;
          if (token != 3) more.push_back(token);
          const double total = sum + row[static_cast<std::size_t>(token)];
          if (token == 3 || length == 4) {
            all.emplace_back(total / std::pow(length, penalty), std::move(more));
          } else {
            longer.emplace_back(total, std::move(more));
          }
        }
      }
      open = std::move(longer);
    }
    std::ranges::sort(all, std::greater<>());

    auto settings = beams(150, EarlyStopping::Never);
    settings.lengthPenalty = penalty;
    settings.maxNewTokens = 4;
    settings.returned = 20;
    const auto found = searched(settings, {3}, randomRow);
    ASSERT_EQ(found.size(), 20U);
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].tokens, all[i].second) << "penalty " << penalty << ", place " << i;
      EXPECT_NEAR(found[i].score, all[i].first, 1e-6);
    }
  }
}

TEST(BeamSearch, OfOneStepIsGreedyPerBeam) {
  auto settings = beams(2, EarlyStopping::No);
  settings.maxNewTokens = 1;
  settings.returned = 2;
  const auto found = searched(settings, {kEnd}, script({{{}, {-1, -0.5F, -3}}}));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].tokens, Ids{1});
  EXPECT_EQ(found[1].tokens, Ids{0});
  EXPECT_EQ(found[0].ending, Ending::Length);
}

TEST(BeamSearch, EndsEarlyOnceItIsFullIfSoAsked) {
  // Ended after two steps: "" at -1 and "0" at -1.1. Running: "00" with -1.1, which gets better with length.
  const auto scores = script({{{}, {-0.5F, -3, -1}}, {{0}, {-0.6F, -5, -1.7F}}, {{0, 0}, {-9, -9, -0.3F}}});
  EXPECT_EQ(searched(beams(2, EarlyStopping::Yes), {kEnd}, scores)[0].tokens, Ids{});
  const auto improved = searched(beams(2, EarlyStopping::No), {kEnd}, scores)[0];
  EXPECT_EQ(improved.tokens, (Ids{0, 0}));
  EXPECT_NEAR(improved.score, -1.4 / 3, 1e-6);
  EXPECT_EQ(improved.ending, Ending::EndToken);
}

TEST(BeamSearch, GivesUpOnWhatIsWorseNowUnlessItIsNeverTo) {
  // "00" has -3, worse at its length than what has ended, and would be better at the longest.
  const auto scores = script(
      {{{}, {-0.5F, -3, -1}}, {{0}, {-2.5F, -5, -1.7F}}, {{0, 0}, {-0.01F, -9, -9}}, {{0, 0, 0}, {-9, -9, -0.01F}}});
  EXPECT_EQ(searched(beams(2, EarlyStopping::No), {kEnd}, scores)[0].tokens, Ids{});
  const auto patient = searched(beams(2, EarlyStopping::Never), {kEnd}, scores)[0];
  EXPECT_EQ(patient.tokens, (Ids{0, 0, 0}));
  EXPECT_NEAR(patient.score, -3.02 / 4, 1e-6);
}

TEST(BeamSearch, AnEndTokenBelowTheBeamsRankEndsNothing) {
  const auto scores = script({{{}, {-0.1F, -0.2F, -0.3F}}, {{0}, {-1, -9, -9}}, {{1}, {-9, -1, -9}}});
  auto settings = beams(2, EarlyStopping::Yes);
  settings.maxNewTokens = 2;
  settings.returned = 2;
  const auto found = searched(settings, {kEnd}, scores);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].tokens, (Ids{0, 0}));
  EXPECT_EQ(found[1].tokens, (Ids{1, 1}));
}

TEST(BeamSearch, KeepsItsWidthHoweverManyEndTokensLead) {
  // Five tokens, of which the three best end: both others go on.
  const auto scores = [](const Ids& sequence) {
    return sequence.empty() ? std::vector<float>{-1, -1.1F, -1.2F, -4, -5} : std::vector<float>{-9, -9, -9, -0.1F, -9};
  };
  auto settings = beams(2, EarlyStopping::Never);
  settings.lengthPenalty = 4;
  settings.maxNewTokens = 6;
  settings.returned = 2;
  const auto found = searched(settings, {0, 1, 2}, scores);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].tokens, Ids(6, 3));
  EXPECT_EQ(found[1].tokens, (Ids{4, 3, 3, 3, 3, 3}));
}

TEST(BeamSearch, ABeamWithoutAnythingLeftDies) {
  const float never = -INFINITY;
  const auto scores = script({{{}, {-1, -2, never}}, {{0}, {never, never, never}}, {{1}, {never, -1, never}}});
  auto settings = beams(3, EarlyStopping::No);
  settings.maxNewTokens = 2;
  settings.returned = 3;
  const auto found = searched(settings, {kEnd}, scores);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].tokens, (Ids{1, 1}));
}

}  // namespace
}  // namespace rosa::generate
