// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "engine/config/random_config.h"
#include "rosa/config.h"

namespace rosa {
namespace {

std::vector<ConfigProblem> problemsOf(std::string_view yaml) {
  RunConfig config;
  return parseConfig(yaml, "/base", config);
}

std::string messagesOf(std::string_view yaml) {
  return joinProblems(problemsOf(yaml));
}

TEST(Yaml, ReadsAFlatMapOverTheGivenConfig) {
  RunConfig config;
  config.seed = 5;
  const auto problems = parseConfig(R"(
# a comment
model: models/tiny
data: /data/train.jsonl
valid: ""
task: completion
rank: 10%
resample-every: 200 steps
epochs: 0.5
shuffle: no
lr: 1e-4
separator: " -> "
sample-prompt:
  - "name : Blue Spice"
  - plain
)",
                                    "/base", config);
  EXPECT_EQ(joinProblems(problems), "");
  RunConfig expected;
  expected.seed = 5;
  expected.model = "/base/models/tiny";
  expected.data = "/data/train.jsonl";
  expected.task = Task::Completion;
  expected.rank = {0.1};
  expected.resampleEvery = {Interval::Unit::Steps, 200};
  expected.epochs = 0.5;
  expected.shuffle = false;
  expected.learningRate = 1e-4;
  expected.separator = " -> ";
  expected.samplePrompts = {"name : Blue Spice", "plain"};
  EXPECT_EQ(config, expected);
}

TEST(Yaml, NothingIsAConfigurationOfDefaults) {
  EXPECT_EQ(messagesOf(""), "");
  EXPECT_EQ(messagesOf("# only a comment\n"), "");
}

TEST(Yaml, ASinglePromptNeedsNoList) {
  RunConfig config;
  EXPECT_TRUE(parseConfig("sample-prompt: Once upon a time", "", config).empty());
  EXPECT_EQ(config.samplePrompts, std::vector<std::string>{"Once upon a time"});
}

TEST(Yaml, CollectsEveryMistakeWithKeyAndLine) {
  const auto problems = problemsOf(
      "model: m\n"
      "epoch: 3\n"
      "rank: eight\n"
      "method:\n  name: rosa\n"
      "layers: [a, b]\n"
      "lr: 1e-3\n"
      "lr: 1e-4\n"
      "batch:\n"
      "? [x, y]\n: 1\n"
      "sample-prompt: [a, {b: c}]\n");
  EXPECT_EQ(
      joinProblems(problems),
      "line 2: \"epoch\" is not a setting; did you mean epochs?\n"
      "line 3: rank: \"eight\" is not a rank: write a number such as 8, or a share of each layer such as 0.1 or 10%\n"
      "line 4: method: takes one value, not settings of its own\n"
      "line 6: layers: takes one value, not a list\n"
      "line 8: lr: is set twice; leave one of the two lines\n"
      "line 9: batch: has no value; write one, or leave the line out\n"
      "line 10: a key must be a word; write one \"key: value\" a line\n"
      "line 12: sample-prompt: holds something else than text; quote each entry");
  ASSERT_EQ(problems.size(), 8U);
  EXPECT_EQ(problems[0].key, "epoch");
  EXPECT_EQ(problems[1].key, "rank");
  EXPECT_EQ(problems[6].key, "");
}

TEST(Yaml, RefusesWhatIsNoMap) {
  EXPECT_NE(messagesOf("just words").find("key: value"), std::string::npos);
  EXPECT_NE(messagesOf("- a\n- b\n").find("key: value"), std::string::npos);
  EXPECT_NE(messagesOf("lr: 1\n---\nlr: 2\n").find("line 2: nothing may follow the settings"), std::string::npos);
  EXPECT_NE(messagesOf("lr: 1\n  rank: [\n").find("line 2: not valid YAML"), std::string::npos)
      << messagesOf("lr: 1\n  rank: [\n");
}

TEST(Yaml, RefusesWhatIsNoText) {
  EXPECT_NE(messagesOf("name: \xff\xfe").find("UTF-8"), std::string::npos);
  EXPECT_NE(messagesOf(std::string_view("name: a\0b", 9)).find("UTF-8"), std::string::npos);
  EXPECT_NE(messagesOf(std::string(2 << 20, ' ')).find("256 KiB"), std::string::npos);
}

TEST(Yaml, AFileOfMistakesIsNotReadToItsEnd) {
  std::string yaml;
  for (int line = 0; line < 500; ++line) yaml += "key" + std::to_string(line) + ": 1\n";
  const auto problems = problemsOf(yaml + "]");
  ASSERT_EQ(problems.size(), 101U);
  EXPECT_EQ(problems.back().message, "line 101: more mistakes follow; is it the right file?");
}

TEST(Yaml, WhatTheParserCannotPassIsRefused) {
  for (const char* stuck : {",", "]", "}", "lr: 1\n,", ", ,"}) EXPECT_FALSE(problemsOf(stuck).empty()) << stuck;
}

TEST(Yaml, DeepOrSelfReferringInputIsRefusedAndNotFollowed) {
  for (const char* opening : {"[", "{", "- ", "? ", "a: [", "!!seq ["}) {
    std::string deep;
    while (deep.size() < 100'000) deep += opening;
    EXPECT_FALSE(problemsOf(deep).empty()) << opening;
  }
  std::string bomb = "a0: &a0 [x, x]\n";
  for (int level = 1; level < 60; ++level) {
    const std::string before = std::string("*a").append(std::to_string(level - 1));
    const std::string name = std::string("a").append(std::to_string(level));
    bomb.append(name).append(": &").append(name).append(" [").append(before).append(", ").append(before).append("]\n");
  }
  EXPECT_EQ(problemsOf(bomb).size(), 60U) << "sixty unknown keys";
}

TEST(Yaml, WhatIsWrittenIsReadBack) {
  test::RandomConfig random(3);
  for (int round = 0; round < 500; ++round) {
    const RunConfig config = random.next();
    const std::string yaml = formatConfig(config);
    RunConfig copy;
    const auto problems = parseConfig(yaml, "/elsewhere", copy);
    ASSERT_EQ(joinProblems(problems), "") << yaml;
    ASSERT_EQ(copy, config) << yaml;
  }
}

TEST(Yaml, DefaultsAreWrittenOutSoThatARunStaysWhatItWas) {
  const std::string yaml = formatConfig(RunConfig{});
  EXPECT_NE(yaml.find("\nlr: 0.001\n"), std::string::npos) << yaml;
  EXPECT_NE(yaml.find("\nresample-every: 1epoch\n"), std::string::npos);
  EXPECT_EQ(yaml.find("steps:"), std::string::npos);
  RunConfig copy;
  EXPECT_TRUE(parseConfig(yaml, "", copy).empty());
  EXPECT_EQ(copy, RunConfig{});
}

TEST(Yaml, MangledFilesNeverCrash) {
  std::mt19937 random(4);
  test::RandomConfig configs(5);
  constexpr std::string_view kTokens = "[]{}:,-?&*!|>'\"%@`#\n\t \\~\x80\xff";
  int refused = 0;
  for (int round = 0; round < 1500; ++round) {
    std::string yaml = formatConfig(configs.next());
    for (auto changes = 1 + random() % 6; changes > 0; --changes) {
      const std::size_t at = random() % yaml.size();
      switch (random() % 4) {
        case 0:
          yaml[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          yaml.insert(at, 1, kTokens[random() % kTokens.size()]);
          break;
        case 2:
          yaml.erase(at, random() % 20);
          break;
        default:
          yaml.insert(at, yaml.substr(random() % yaml.size(), random() % 40));
      }
      if (yaml.empty()) yaml += 'x';
    }
    for (const ConfigProblem& problem : problemsOf(yaml)) EXPECT_FALSE(problem.message.empty());
    refused += problemsOf(yaml).empty() ? 0 : 1;
  }
  EXPECT_GT(refused, 500);
}

}  // namespace
}  // namespace rosa
