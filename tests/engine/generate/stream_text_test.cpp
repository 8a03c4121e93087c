// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/stream_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "engine/model/golden_model.h"
#include "engine/model/tiny_models.h"
#include "generate/continue_text.h"
#include "generate/prompt_tokens.h"
#include "support/golden.h"

namespace rosa::generate {
namespace {

constexpr auto kDevice = c10::DeviceType::CPU;

/// The sample's model, asked again and again.
class StreamText : public testing::Test {
 protected:
  void SetUp() override {
    const auto folder = test::sourceDirectory() / "resources" / "samples" / "stories260k";
    auto model = test::openModel(folder);
    ASSERT_TRUE(model.hasValue()) << model.error().message;
    model_ = *std::move(model);
    auto tokenizer = text::Tokenizer::fromFolder(folder);
    ASSERT_TRUE(tokenizer.hasValue()) << tokenizer.error().message;
    tokenizer_ = *std::move(tokenizer);
    settings_.maxNewTokens = 24;
  }
  [[nodiscard]] PreparedPrompt prepared(const std::string& prompt, std::int64_t likeliest = 0) const {
    auto tokens = promptTokens(model_->config(), tokenizer_, prompt, settings_.rendered);
    EXPECT_TRUE(tokens);
    return {*tokens, settings_, likeliest};
  }
  Completion made(const PreparedPrompt& prompt, const CompletionCallbacks& callbacks = {}) {
    auto completion = streamText(*model_, tokenizer_, prompt, beginnings_, kDevice, callbacks);
    EXPECT_TRUE(completion) << (completion ? "" : completion.error().message);
    return completion ? *completion : Completion();
  }
  std::string whole(const std::string& prompt) {
    return continueText(*model_, tokenizer_, prompt, settings_, kDevice)->text;
  }

  std::unique_ptr<model::Model> model_;
  text::Tokenizer tokenizer_;
  GenerationSettings settings_;
  ReadBeginnings beginnings_;
  const std::string prompt_ = "Once upon a time, there was a";
};

TEST_F(StreamText, IsWhatContinuingGivesInPiecesWithTheirTokens) {
  settings_.stopStrings = {" to play"};
  std::string pieces;
  std::int64_t tokens = 0;
  CompletionCallbacks callbacks;
  callbacks.piece = [&](const TextPiece& piece) {
    pieces += piece.text;
    std::string own;
    for (const auto& token : piece.tokens) {
      own += token.chosen.text;
      ASSERT_EQ(token.likeliest.size(), 5U);
      EXPECT_GE(token.likeliest[0].logProbability, token.likeliest[4].logProbability);
      EXPECT_EQ(token.likeliest[0].text, token.chosen.text) << "greedy text is the likeliest";
      EXPECT_DOUBLE_EQ(token.likeliest[0].logProbability, token.chosen.logProbability);
    }
    EXPECT_TRUE(piece.text == own || piece.text == own.substr(0, piece.text.size())) << piece.text << "|" << own;
    tokens += std::ssize(piece.tokens);
  };
  const auto completion = made(prepared(prompt_, 5), callbacks);
  EXPECT_EQ(completion.text, whole(prompt_));
  EXPECT_EQ(pieces, completion.text);
  EXPECT_LE(tokens, completion.tokens);
  EXPECT_GT(tokens, 0);
}

TEST_F(StreamText, WhatBeginsAlikeIsNotReadAgain) {
  const auto first = made(prepared(prompt_));
  EXPECT_EQ(first.reusedTokens, 0);
  // The same prompt: all but its last token.
  const auto again = made(prepared(prompt_));
  EXPECT_EQ(again.text, first.text);
  EXPECT_EQ(again.reusedTokens, again.promptTokens - 1);
  // Its answer and more: all that was read.
  const auto longer = prompt_ + first.text + " The dog";
  const auto next = made(prepared(longer));
  EXPECT_GE(next.reusedTokens, first.promptTokens + first.tokens - 1);
  EXPECT_EQ(next.text, whole(longer));
  // Another one: nothing.
  EXPECT_EQ(made(prepared("Tom saw a bird. The bird")).text, whole("Tom saw a bird. The bird"));
  EXPECT_LE(made(prepared("Lily had a cat. Her cat")).reusedTokens, 1);
}

TEST_F(StreamText, StoppedTextIsToldAndWhatWasReadIsOfUse) {
  int asked = 0;
  CompletionCallbacks callbacks;
  callbacks.giveUp = [&] { return ++asked > 8; };
  const auto stopped = made(prepared(prompt_), callbacks);
  EXPECT_TRUE(stopped.givenUp);
  EXPECT_LT(stopped.tokens, 8);
  const auto all = made(prepared(prompt_));
  EXPECT_TRUE(all.text.starts_with(stopped.text));
  EXPECT_GT(all.reusedTokens, 0);
  callbacks.giveUp = [] { return true; };
  EXPECT_TRUE(made(prepared("The sun was"), callbacks).givenUp);
  EXPECT_EQ(made(prepared("The sun was")).text, whole("The sun was"));
}

/// Layers that keep a state carry it from one answer to the next too.
TEST(ReadBeginnings, HoldForEveryDecoder) {
  for (const auto family :
       {test::Family::Gpt2, test::Family::Llama, test::Family::Lfm2, test::Family::Qwen35, test::Family::Gemma4}) {
    const auto model = test::tinyModel(test::tinyConfig(family));
    const std::vector<std::int64_t> tokens = {3, 5, 7, 2, 9, 4, 8};
    const auto scoresAfter = [&](ReadBeginnings& beginnings, std::int64_t reused) {
      const auto read = beginnings.read(*model, tokens, kDevice, {});
      EXPECT_TRUE(read);
      EXPECT_EQ(read->reused, reused) << test::familyName(family);
      model::Batch batch;
      batch.tokenIds = at::tensor({tokens.back()}, at::kLong);
      batch.positionIds =
          at::tensor({model->config().firstPosition + beginnings.cache().length(read->sequence)}, at::kLong);
      batch.offsets = {0, 1};
      const at::NoGradGuard noGrad;
      return model->nextLogits(batch, beginnings.cache(), {read->sequence});
    };
    const at::NoGradGuard noGrad;
    ReadBeginnings fresh, kept;
    const auto expected = scoresAfter(fresh, 0);
    ASSERT_TRUE(kept.read(*model, std::span(tokens).first(4), kDevice, {}));
    const auto found = scoresAfter(kept, 3);
    EXPECT_LT((expected - found).abs().max().item<double>(), 1e-5) << test::familyName(family);
  }
}

}  // namespace
}  // namespace rosa::generate
