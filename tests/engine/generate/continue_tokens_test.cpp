// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/continue_tokens.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/golden_model.h"
#include "engine/model/tiny_models.h"

namespace rosa::generate {
namespace {

using Ids = std::vector<std::int64_t>;

class Generate : public testing::TestWithParam<test::Family> {
 protected:
  std::unique_ptr<model::Model> model_ = test::tinyModel(test::tinyConfig(GetParam()), 3);
  Ids prompt_ = {7, 3, 11, 7};

  /// All continuations of all prompts.
  std::vector<std::vector<Continuation>> all(const std::vector<Ids>& prompts, const Decoding& decoding) {
    std::vector<Prompt> given;
    for (const auto& tokens : prompts) given.push_back({tokens, {}, {}});
    std::vector<std::vector<Continuation>> made(prompts.size());
    TokenHooks hooks;
    hooks.finished = [&](std::size_t prompt, std::vector<Continuation> continuations) {
      EXPECT_TRUE(made[prompt].empty()) << "told once";
      made[prompt] = std::move(continuations);
    };
    EXPECT_TRUE(continueTokens(*model_, given, decoding, hooks));
    return made;
  }
  Ids made(const GenerationSettings& settings, const Ids& ends = {}) {
    Decoding decoding;
    decoding.settings = settings;
    decoding.ends = ends;
    return all({prompt_}, decoding)[0].at(0).tokens;
  }
  Ids greedy(std::int64_t count) {
    GenerationSettings settings;
    settings.maxNewTokens = count;
    return made(settings);
  }
  /// The likeliest next token, from all logits of the whole sequence: no cache.
  std::int64_t likeliestAfter(const Ids& ids) {
    const auto logits = model_->logits(test::oneSequence(ids, model_->config().firstPosition));
    return logits[logits.size(0) - 1].argmax().item<std::int64_t>();
  }
};

TEST_P(Generate, GreedyTakesTheLikeliestTokenEachTime) {
  auto sequence = prompt_;
  const auto tokens = greedy(12);
  ASSERT_EQ(tokens.size(), 12U);
  for (const auto id : tokens) {
    ASSERT_EQ(id, likeliestAfter(sequence));
    sequence.push_back(id);
  }
}

TEST_P(Generate, StopsBeforeAnEndToken) {
  const auto free = greedy(12);
  GenerationSettings settings;
  settings.maxNewTokens = 12;
  const auto first = std::find(free.begin(), free.end(), free[4]);
  EXPECT_EQ(made(settings, {free[4]}), Ids(free.begin(), first));
  EXPECT_TRUE(made(settings, {49, free[0]}).empty());
}

TEST_P(Generate, ASeedRepeatsItsTokensAndAnotherGivesOthers) {
  GenerationSettings first;
  first.maxNewTokens = 20;
  first.temperature = 1.5;
  first.seed = 1;
  auto second = first;
  second.seed = 2;
  EXPECT_EQ(made(first), made(first));
  EXPECT_NE(made(first), made(second));
}

TEST_P(Generate, OneCandidateIsGreedy) {
  GenerationSettings hot;
  hot.maxNewTokens = 12;
  hot.temperature = 2;
  hot.seed = 9;
  for (const auto narrow : {&GenerationSettings::topP, &GenerationSettings::minP, &GenerationSettings::temperature}) {
    auto settings = hot;
    settings.*narrow = narrow == &GenerationSettings::minP ? 1 : 1e-4;
    EXPECT_EQ(made(settings), greedy(12));
  }
  hot.topK = 1;
  EXPECT_EQ(made(hot), greedy(12));
}

TEST_P(Generate, DrawsOnlyFromTheLikeliestTokens) {
  const auto logits = model_->logits(test::oneSequence(prompt_));
  const auto order = logits[logits.size(0) - 1].argsort(-1, true);
  const auto probabilities = logits[logits.size(0) - 1].to(at::kDouble).softmax(0).index_select(0, order);
  const std::set<std::int64_t> likeliestTwo = {order[0].item<std::int64_t>(), order[1].item<std::int64_t>()};
  GenerationSettings settings;
  settings.maxNewTokens = 1;
  settings.temperature = 1;
  auto mass = settings;
  mass.topP = probabilities[0].item<double>() + 0.5 * probabilities[1].item<double>();
  settings.topK = 2;
  for (auto narrow : {settings, mass}) {
    std::set<std::int64_t> drawn;
    for (narrow.seed = 0; narrow.seed < 200; ++narrow.seed) drawn.insert(made(narrow).at(0));
    EXPECT_EQ(drawn, likeliestTwo);
  }
}

TEST_P(Generate, APromptsTokensDoNotDependOnTheOthers) {
  const std::vector<Ids> prompts = {prompt_, {5}, {9, 8, 7, 6, 5, 4, 3, 9, 8, 7}, {11, 12}, {20, 21, 22}, prompt_};
  std::vector<Decoding> decodings(4);
  decodings[1].settings.temperature = 1.3;
  decodings[2].settings.temperature = 1.3;
  decodings[2].settings.returned = 3;
  decodings[3].settings.beams = 3;
  decodings[3].settings.noRepeatNgram = 2;
  for (auto& decoding : decodings) {
    decoding.settings.maxNewTokens = 9;
    decoding.settings.seed = 4;
    decoding.ends = {13, 30, 31, 32};  // some end early
    std::vector<std::vector<Continuation>> alone;
    for (const auto& prompt : prompts) alone.push_back(all({prompt}, decoding)[0]);
    EXPECT_EQ(alone.front().front().tokens, alone.back().front().tokens);
    for (const std::int64_t rows : {1, 2, 7, 100}) {
      decoding.rows = rows;
      const auto together = all(prompts, decoding);
      for (std::size_t i = 0; i < prompts.size(); ++i) {
        ASSERT_EQ(together[i].size(), alone[i].size());
        for (std::size_t j = 0; j < alone[i].size(); ++j) {
          EXPECT_EQ(together[i][j].tokens, alone[i][j].tokens) << "prompt " << i << " with " << rows << " rows";
        }
      }
    }
  }
}

TEST_P(Generate, GivesUpWhenAsked) {
  int asked = 0;
  TokenHooks hooks;
  hooks.finished = [](std::size_t, const std::vector<Continuation>&) { FAIL() << "nothing was finished"; };
  hooks.giveUp = [&] { return ++asked == 3; };
  EXPECT_FALSE(continueTokens(*model_, {{prompt_, {}, {}}}, {}, hooks));
  EXPECT_EQ(asked, 3);
}

TEST_P(Generate, ALongPromptLosesItsBeginning) {
  prompt_.clear();
  for (std::int64_t i = 0; i < 40; ++i) prompt_.push_back(3 + i);
  const auto whole = prompt_;
  // The model takes 32 tokens: what is asked for finds room, yet never in the prompt's half.
  for (const std::int64_t newTokens : {12, 100}) {
    const auto tokens = greedy(newTokens);
    prompt_.assign(whole.end() - (newTokens == 12 ? 20 : 16), whole.end());
    EXPECT_EQ(tokens, greedy(newTokens));
    EXPECT_EQ(tokens.size(), newTokens == 12 ? 12U : 17U);
    prompt_ = whole;
  }
}

TEST_P(Generate, APromptThatFitsIsReadWholeWhateverTheLimit) {
  prompt_.clear();
  for (std::int64_t i = 0; i < 30; ++i) prompt_.push_back(3 + i);  // of 32 positions
  const auto two = greedy(2);
  for (const std::int64_t newTokens : {3, 20, 100}) {
    const auto more = greedy(newTokens);
    ASSERT_EQ(more.size(), 3U) << newTokens;
    EXPECT_EQ(std::vector(more.begin(), more.begin() + 2), two) << newTokens;
  }
  GenerationSettings drawn;
  drawn.temperature = 1;
  drawn.seed = 4;
  drawn.maxNewTokens = 3;
  const auto three = made(drawn);
  drawn.maxNewTokens = 100;
  EXPECT_EQ(made(drawn), three);
  GenerationSettings beams;
  beams.beams = 3;
  beams.maxNewTokens = 3;
  const auto best = made(beams);
  beams.maxNewTokens = 100;
  EXPECT_EQ(made(beams), best);
}

TEST_P(Generate, EndsWhereThePositionsEndAndKeepsTheWholePrompt) {
  const auto tokens = greedy(100);
  EXPECT_EQ(tokens.size(), 29U) << "the prompt's 4 tokens and 28 new ones are read, the last new one is not";
  EXPECT_EQ(tokens[0], likeliestAfter(prompt_));
  GenerationSettings beams;
  beams.beams = 3;
  beams.maxNewTokens = 100;
  EXPECT_EQ(made(beams).size(), 29U);
}

INSTANTIATE_TEST_SUITE_P(Decoders, Generate,
                         testing::Values(test::Family::Gpt2, test::Family::Llama, test::Family::Lfm2,
                                         test::Family::Qwen35, test::Family::Gemma4),
                         [](const auto& test) { return std::string(test::familyName(test.param)); });

}  // namespace
}  // namespace rosa::generate
