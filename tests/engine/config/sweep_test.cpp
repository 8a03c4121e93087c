// SPDX-License-Identifier: GPL-3.0-or-later
#include "rosa/sweep.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace rosa {
namespace {

RunConfig base() {
  RunConfig config;
  config.model = "/models/stories260k";
  config.data = "/data/e2e.csv";
  config.name = "e2e";
  config.task = Task::LanguageModelling;
  return config;
}

std::vector<SweepAxis> axes(const std::vector<std::string>& texts) {
  std::vector<SweepAxis> parsed;
  for (const auto& text : texts) {
    auto axis = parseSweepAxis(text);
    EXPECT_TRUE(axis) << text << ": " << axis.error().message;
    if (axis) parsed.push_back(*std::move(axis));
  }
  return parsed;
}

TEST(Sweep, AGridTakesEveryCombinationTheLastSettingFastest) {
  const auto runs = gridSweep(base(), axes({"method=rosa,lora", "seed=1..3"}));
  ASSERT_TRUE(runs) << runs.error().message;
  std::vector<std::string> names;
  for (const auto& run : *runs) names.push_back(run.config.name);
  EXPECT_EQ(names, (std::vector<std::string>{"e2e-rosa-seed1", "e2e-rosa-seed2", "e2e-rosa-seed3", "e2e-lora-seed1",
                                             "e2e-lora-seed2", "e2e-lora-seed3"}));
  EXPECT_EQ((*runs)[4].label, "method lora, seed 2");
  EXPECT_EQ((*runs)[4].config.method, Method::Lora);
  EXPECT_EQ((*runs)[4].config.seed, 2);
  EXPECT_EQ((*runs)[4].config.batch, base().batch) << "the rest is as it was";
  for (const auto& run : *runs) EXPECT_TRUE(run.problems.empty()) << joinProblems(run.problems);
}

TEST(Sweep, DrawsFollowFromTheirSeedAndStayInTheirRange) {
  const auto wanted = axes({"lr=1e-5..1e-2", "rank=4..64", "optimizer=adamw,sgd"});
  const auto runs = randomSweep(base(), wanted, 400, 7);
  ASSERT_TRUE(runs) << runs.error().message;
  int belowMiddle = 0;
  for (const auto& run : *runs) {
    const double rate = run.config.learningRate;
    EXPECT_GE(rate, 1e-5);
    EXPECT_LE(rate, 1e-2);
    belowMiddle += rate < std::sqrt(1e-5 * 1e-2) ? 1 : 0;
    const auto rank = std::get<std::int64_t>(run.config.rank.value);
    EXPECT_GE(rank, 4);
    EXPECT_LE(rank, 64);
  }
  EXPECT_GT(belowMiddle, 150) << "each order of magnitude is as likely";
  EXPECT_LT(belowMiddle, 250);
  const auto again = randomSweep(base(), wanted, 400, 7);
  const auto other = randomSweep(base(), wanted, 400, 8);
  EXPECT_TRUE(std::ranges::equal(*runs, *again, {}, &SweptRun::label, &SweptRun::label));
  EXPECT_FALSE(std::ranges::equal(*runs, *other, {}, &SweptRun::label, &SweptRun::label));
}

TEST(Sweep, ACombinationThatCannotRunSaysWhy) {
  const auto runs = gridSweep(base(), axes({"batch=0,8"}));
  ASSERT_TRUE(runs);
  ASSERT_EQ(runs->size(), 2U);
  ASSERT_FALSE((*runs)[0].problems.empty());
  EXPECT_EQ((*runs)[0].problems[0].key, "batch");
  EXPECT_TRUE((*runs)[1].problems.empty());
}

TEST(Sweep, WithoutANameTheValuesAreTheName) {
  auto unnamed = base();
  unnamed.name.clear();
  const auto runs = gridSweep(unnamed, axes({"rank=4,8"}));
  ASSERT_TRUE(runs);
  EXPECT_EQ((*runs)[1].config.name, "rank8");
}

struct Wrong {
  std::string text, told;
};

class WrongAxis : public testing::TestWithParam<Wrong> {};
INSTANTIATE_TEST_SUITE_P(Sweep, WrongAxis,
                         testing::Values(Wrong{"lr", "lr=1e-4"}, Wrong{"rnak=4", "rank"}, Wrong{"lr=", "no value"},
                                         Wrong{"lr=1e-4,,2", "no value"}, Wrong{"rank=9..3", "no range"},
                                         Wrong{"seed=a..b", "no range"}, Wrong{"method=rosa,dance", "dance"},
                                         Wrong{"name=a,b", "cannot be swept"}));

TEST_P(WrongAxis, IsASentence) {
  const auto axis = parseSweepAxis(GetParam().text);
  ASSERT_FALSE(axis);
  EXPECT_NE(axis.error().message.find(GetParam().told), std::string::npos) << axis.error().message;
}

TEST(Sweep, WhatAGridCannotTakeIsTold) {
  EXPECT_NE(gridSweep(base(), {}).error().message.find("at least one"), std::string::npos);
  EXPECT_NE(gridSweep(base(), axes({"lr=1e-5..1e-3"})).error().message.find("at random"), std::string::npos);
  EXPECT_NE(gridSweep(base(), axes({"seed=1..100", "rank=1..11"})).error().message.find("1100 runs"),
            std::string::npos);
  EXPECT_NE(gridSweep(base(), axes({"seed=1..999999999"})).error().message.find("more than 1000"), std::string::npos);
  EXPECT_NE(gridSweep(base(), axes({"seed=1,2", "seed=3"})).error().message.find("twice"), std::string::npos);
  EXPECT_FALSE(randomSweep(base(), axes({"seed=1..5"}), 0, 1));
}

}  // namespace
}  // namespace rosa
