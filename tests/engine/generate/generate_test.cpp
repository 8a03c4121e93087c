// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/generate.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <span>
#include <vector>

#include "engine/model/golden_model.h"
#include "engine/model/tiny_models.h"
#include "support/golden.h"

namespace rosa::generate {
namespace {

using Ids = std::vector<std::int64_t>;
constexpr auto kCpu = c10::DeviceType::CPU;

/// The likeliest next token, from all logits of the whole sequence: no cache.
std::int64_t likeliest(model::Model& model, const Ids& ids) {
  const auto logits = model.logits(test::oneSequence(ids, model.config().firstPosition));
  return logits[logits.size(0) - 1].argmax().item<std::int64_t>();
}

class Generate : public testing::TestWithParam<model::Family> {
 protected:
  std::unique_ptr<model::Model> model_ = test::tinyModel(test::tinyConfig(GetParam()), 3);
  Ids prompt_ = {7, 3, 11, 7};

  Ids made(const Settings& settings, const Ids& ends = {}) {
    return *continueTokens(*model_, prompt_, ends, settings, kCpu);
  }
};

TEST_P(Generate, GreedyTakesTheLikeliestTokenEachTime) {
  auto all = prompt_;
  const auto tokens = made({.maxNewTokens = 12});
  ASSERT_EQ(tokens.size(), 12U);
  for (const auto id : tokens) {
    ASSERT_EQ(id, likeliest(*model_, all));
    all.push_back(id);
  }
}

TEST_P(Generate, StopsBeforeAnEndToken) {
  const auto free = made({.maxNewTokens = 12});
  const auto end = free[4];
  const auto first = std::find(free.begin(), free.end(), end);
  EXPECT_EQ(made({.maxNewTokens = 12}, {end}), Ids(free.begin(), first));
  EXPECT_TRUE(made({.maxNewTokens = 12}, {49, free[0]}).empty());
}

TEST_P(Generate, ASeedRepeatsItsTokensAndAnotherGivesOthers) {
  const Settings first{.maxNewTokens = 20, .temperature = 1.5, .seed = 1};
  auto second = first;
  second.seed = 2;
  EXPECT_EQ(made(first), made(first));
  EXPECT_NE(made(first), made(second));
}

TEST_P(Generate, OneCandidateIsGreedy) {
  const auto greedy = made({.maxNewTokens = 12});
  EXPECT_EQ(made({.maxNewTokens = 12, .temperature = 2, .topK = 1, .seed = 9}), greedy);
  EXPECT_EQ(made({.maxNewTokens = 12, .temperature = 2, .topP = 1e-9, .seed = 9}), greedy);
  EXPECT_EQ(made({.maxNewTokens = 12, .temperature = 1e-4, .seed = 9}), greedy);
}

TEST_P(Generate, DrawsOnlyFromTheLikeliestTokens) {
  const auto logits = model_->logits(test::oneSequence(prompt_));
  const auto order = logits[logits.size(0) - 1].argsort(-1, true);
  const auto probabilities = logits[logits.size(0) - 1].to(at::kDouble).softmax(0).index_select(0, order);
  const double twoTokens = probabilities[0].item<double>() + 0.5 * probabilities[1].item<double>();
  const std::set<std::int64_t> likeliestTwo = {order[0].item<std::int64_t>(), order[1].item<std::int64_t>()};
  for (auto settings : {Settings{.maxNewTokens = 1, .temperature = 1, .topK = 2},
                        Settings{.maxNewTokens = 1, .temperature = 1, .topP = twoTokens}}) {
    std::set<std::int64_t> drawn;
    for (settings.seed = 0; settings.seed < 200; ++settings.seed) drawn.insert(made(settings).at(0));
    EXPECT_EQ(drawn, likeliestTwo);
  }
}

TEST_P(Generate, GivesUpWhenAsked) {
  int asked = 0;
  const auto given = continueTokens(*model_, prompt_, {}, {.maxNewTokens = 12}, kCpu, [&] { return ++asked == 3; });
  EXPECT_FALSE(given.has_value());
  EXPECT_EQ(asked, 3);
}

TEST_P(Generate, ALongPromptLosesItsBeginning) {
  prompt_.clear();
  for (std::int64_t i = 0; i < 40; ++i) prompt_.push_back(3 + i);
  // The model takes 32 tokens: what is asked for finds room, yet never in the prompt's half.
  for (const std::int64_t newTokens : {12, 100}) {
    const Ids kept(prompt_.end() - (newTokens == 12 ? 20 : 16), prompt_.end());
    const auto tokens = made({.maxNewTokens = newTokens});
    EXPECT_EQ(tokens, *continueTokens(*model_, kept, {}, {.maxNewTokens = newTokens}, kCpu));
    EXPECT_EQ(tokens.size(), newTokens == 12 ? 12U : 17U);
  }
}

TEST_P(Generate, EndsWhereThePositionsEndAndKeepsTheWholePrompt) {
  const auto tokens = made({.maxNewTokens = 100});
  EXPECT_EQ(tokens.size(), 29U) << "the prompt's 4 tokens and 28 new ones are read, the last new one is not";
  EXPECT_EQ(tokens[0], likeliest(*model_, prompt_));
}

INSTANTIATE_TEST_SUITE_P(Decoders, Generate, testing::Values(model::Family::Gpt2, model::Family::Llama),
                         [](const auto& test) { return test.param == model::Family::Gpt2 ? "Gpt2" : "Llama"; });

/// The sample's model and tokenizer.
class GenerateText : public testing::Test {
 protected:
  void SetUp() override {
    const auto folder = test::sourceDirectory() / "resources" / "samples" / "stories260k";
    auto model = test::openModel(folder);
    ASSERT_TRUE(model.hasValue()) << model.error().message;
    model_ = *std::move(model);
    auto tokenizer = text::Tokenizer::fromFolder(folder);
    ASSERT_TRUE(tokenizer.hasValue()) << tokenizer.error().message;
    tokenizer_ = *std::move(tokenizer);
  }

  std::unique_ptr<model::Model> model_;
  text::Tokenizer tokenizer_;
};

TEST_F(GenerateText, PromptAndContinuationMakeTheWholeText) {
  const std::string prompt = "Once upon a time, there was a";
  const Settings settings{.maxNewTokens = 7};
  const auto continuation = continueText(*model_, tokenizer_, prompt, settings, kCpu);
  ASSERT_TRUE(continuation.has_value());
  EXPECT_EQ(*continuation, " little girl named Lily.");

  Ids ids;
  for (const auto& token : tokenizer_.encode(prompt).tokens) ids.push_back(token.id);
  const auto made = *continueTokens(*model_, ids, {}, settings, kCpu);
  ids.insert(ids.end(), made.begin(), made.end());
  const std::vector<std::int32_t> all(ids.begin(), ids.end());
  EXPECT_EQ(prompt + *continuation, tokenizer_.decode(all, true));
}

TEST_F(GenerateText, AnEmptyPromptBeginsAText) {
  const auto text = continueText(*model_, tokenizer_, "", {.maxNewTokens = 8}, kCpu);
  ASSERT_TRUE(text.has_value());
  EXPECT_FALSE(text->empty());
}

TEST_F(GenerateText, ALongPromptIsContinuedFromItsEnd) {
  std::string prompt;
  for (int i = 0; i < 300; ++i) prompt += "The dog ran. ";
  const auto text = continueText(*model_, tokenizer_, prompt, {.maxNewTokens = 8}, kCpu);
  ASSERT_TRUE(text.has_value());
  EXPECT_FALSE(text->empty());
  EXPECT_LT(text->size(), 100U) << "the continuation alone";
}

TEST_F(GenerateText, GivesUpWhenAsked) {
  EXPECT_FALSE(continueText(*model_, tokenizer_, "Lily", {}, kCpu, [] { return true; }).has_value());
}

}  // namespace
}  // namespace rosa::generate
