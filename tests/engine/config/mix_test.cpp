// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/mix.h"

#include <gtest/gtest.h>

#include "rosa/config.h"

namespace rosa::config {
namespace {

TEST(Mix, TheWeightStandsBehindTheLastSign) {
  const auto plain = parseMix("data/b.jsonl");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->path, "data/b.jsonl");
  EXPECT_EQ(plain->weight, 1);
  const auto half = parseMix("b=c.jsonl=0.5");
  ASSERT_TRUE(half);
  EXPECT_EQ(half->path, "b=c.jsonl");
  EXPECT_EQ(half->weight, 0.5);
}

TEST(Mix, WhatIsNoWeightIsRefusedWithTheForm) {
  for (const char* wrong :
       {"b.jsonl=", "b.jsonl=0", "b.jsonl=-1", "b.jsonl=1e9", "b.jsonl=much", "b.jsonl=nan", "=2", ""}) {
    const auto read = parseMix(wrong);
    ASSERT_FALSE(read) << wrong;
    EXPECT_NE(read.error().message.find("PATH=WEIGHT"), std::string::npos) << wrong;
    RunConfig config;
    config.mix = {wrong};
    bool told = false;
    for (const auto& problem : checkConfig(config)) told = told || problem.key == "mix";
    EXPECT_TRUE(told) << wrong;
  }
}

TEST(Mix, PathsOfAFileAreTakenFromWhereItLies) {
  RunConfig config;
  const auto problems = parseConfig("mix:\n  - b.jsonl=0.5\n  - /other/c.jsonl=2\n  - d.jsonl\n", "/home/me", config);
  ASSERT_TRUE(problems.empty());
  EXPECT_EQ(config.mix, (std::vector<std::string>{"/home/me/b.jsonl=0.5", "/other/c.jsonl=2", "/home/me/d.jsonl"}));
  RunConfig one;
  ASSERT_TRUE(parseConfig("mix: b.jsonl=0.5\n", "/home/me", one).empty());
  EXPECT_EQ(one.mix, std::vector<std::string>{"/home/me/b.jsonl=0.5"});
}

}  // namespace
}  // namespace rosa::config
