// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "rosa/generate.h"

namespace rosa {
namespace {

GenerationRequest right() {
  GenerationRequest request;
  request.prompts = {"Once"};
  return request;
}

TEST(CheckGeneration, RightSettingsHaveNoProblems) {
  EXPECT_TRUE(checkGeneration(right()).empty());
  auto drawn = right();
  drawn.settings.temperature = 0.8;
  drawn.settings.topK = 40;
  drawn.settings.topP = 0.95;
  drawn.settings.minP = 0.05;
  drawn.settings.returned = 3;
  EXPECT_TRUE(checkGeneration(drawn).empty());
  auto beams = right();
  beams.settings.beams = 10;
  beams.settings.lengthPenalty = -0.5;
  beams.settings.noRepeatNgram = 4;
  beams.settings.earlyStopping = EarlyStopping::Never;
  beams.settings.returned = 10;
  EXPECT_TRUE(checkGeneration(beams).empty());
}

TEST(CheckGeneration, EachMistakeIsOneSentenceThatNamesItsSetting) {
  using Change = std::function<void(GenerationRequest&)>;
  const std::vector<std::pair<std::string, Change>> mistakes = {
      {"prompt", [](auto& request) { request.prompts.clear(); }},
      {"batch", [](auto& request) { request.batch = 0; }},
      {"threads", [](auto& request) { request.threads = -1; }},
      {"max-new-tokens", [](auto& request) { request.settings.maxNewTokens = 0; }},
      {"max-new-tokens", [](auto& request) { request.settings.maxNewTokens = std::int64_t{1} << 40; }},
      {"min-new-tokens", [](auto& request) { request.settings.minNewTokens = 65; }},
      {"temperature", [](auto& request) { request.settings.temperature = -0.1; }},
      {"temperature", [](auto& request) { request.settings.temperature = INFINITY; }},
      {"top-k", [](auto& request) { request.settings.topK = 5; }},
      {"top-p", [](auto& request) { request.settings.topP = 0.9; }},
      {"min-p", [](auto& request) { request.settings.minP = 0.1; }},
      {"top-k", [](auto& request) { request.settings.topK = -1; }},
      {"top-p", [](auto& request) { request.settings.topP = NAN; }},
      {"min-p", [](auto& request) { request.settings.minP = 2; }},
      {"top-p", [](auto& request) { request.settings.temperature = 1, request.settings.topP = 0; }},
      {"top-p", [](auto& request) { request.settings.temperature = 1, request.settings.topP = NAN; }},
      {"min-p", [](auto& request) { request.settings.temperature = 1, request.settings.minP = 1.5; }},
      {"repetition-penalty", [](auto& request) { request.settings.repetitionPenalty = -1.2; }},
      {"repetition-penalty", [](auto& request) { request.settings.repetitionPenalty = 0; }},
      {"no-repeat-ngram", [](auto& request) { request.settings.noRepeatNgram = -1; }},
      {"beams", [](auto& request) { request.settings.beams = 0; }},
      {"beams", [](auto& request) { request.settings.beams = 4, request.settings.temperature = 1; }},
      {"beams", [](auto& request) { request.settings.beams = 4, request.settings.topP = 0.5; }},
      {"length-penalty", [](auto& request) { request.settings.lengthPenalty = 0.8; }},
      {"length-penalty", [](auto& request) { request.settings.beams = 4, request.settings.lengthPenalty = NAN; }},
      {"early-stopping", [](auto& request) { request.settings.earlyStopping = EarlyStopping::Yes; }},
      {"returned", [](auto& request) { request.settings.returned = 2; }},
      {"returned", [](auto& request) { request.settings.beams = 2, request.settings.returned = 3; }},
      {"seed", [](auto& request) { request.settings.seed = -1; }},
      {"stop",
       [](auto& request) {
         request.settings.stopStrings = {"a", ""};
       }},
  };
  for (const auto& [key, change] : mistakes) {
    auto request = right();
    change(request);
    const auto problems = checkGeneration(request);
    ASSERT_EQ(problems.size(), 1U) << key << "\n" << joinProblems(problems);
    EXPECT_EQ(problems[0].key, key);
    EXPECT_TRUE(problems[0].message.starts_with(key + ": ") && problems[0].message.ends_with("."))
        << problems[0].message;
    EXPECT_EQ(problems[0].message.find('\n'), std::string::npos);
  }
}

TEST(CheckGeneration, FindsEveryMistakeAtOnce) {
  auto request = right();
  request.settings.maxNewTokens = -1;
  request.settings.repetitionPenalty = -1;
  request.settings.seed = -5;
  EXPECT_GE(checkGeneration(request).size(), 3U);
}

}  // namespace
}  // namespace rosa
