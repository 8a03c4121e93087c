// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate/continue_text.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "engine/model/golden_model.h"
#include "engine/model/tiny_models.h"
#include "support/golden.h"

namespace rosa::generate {
namespace {

constexpr auto kCpu = c10::DeviceType::CPU;

GenerationSettings upTo(std::int64_t tokens) {
  GenerationSettings settings;
  settings.maxNewTokens = tokens;
  return settings;
}

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
    settings_.maxNewTokens = 24;
  }
  GenerationReport made(const std::vector<std::string>& prompts, std::int64_t rows = 8,
                        const GenerationCallbacks& callbacks = {}) {
    auto report = continueTexts(*model_, tokenizer_, prompts, settings_, rows, kCpu, callbacks);
    EXPECT_TRUE(report) << (report ? "" : report.error().message);
    return report ? *report : GenerationReport();
  }

  std::unique_ptr<model::Model> model_;
  text::Tokenizer tokenizer_;
  GenerationSettings settings_;
  const std::string prompt_ = "Once upon a time, there was a";
};

TEST_F(GenerateText, PromptAndContinuationMakeTheWholeText) {
  const auto continuation = continueText(*model_, tokenizer_, prompt_, upTo(7), kCpu);
  ASSERT_TRUE(continuation.has_value());
  EXPECT_EQ(continuation->text, " little girl named Lily.");
}

TEST_F(GenerateText, AnEmptyPromptBeginsAText) {
  const auto made = continueText(*model_, tokenizer_, "", upTo(8), kCpu);
  ASSERT_TRUE(made.has_value());
  EXPECT_FALSE(made->text.empty());
}

TEST_F(GenerateText, ALongPromptIsContinuedFromItsEnd) {
  std::string prompt;
  for (int i = 0; i < 300; ++i) prompt += "The dog ran. ";
  const auto made = continueText(*model_, tokenizer_, prompt, upTo(8), kCpu);
  ASSERT_TRUE(made.has_value());
  EXPECT_FALSE(made->text.empty());
  EXPECT_LT(made->text.size(), 100U) << "the continuation alone";
  EXPECT_GT(made->droppedPromptTokens, 0);
}

TEST_F(GenerateText, WhatThePositionsCutIsCountedAndTold) {
  std::string fits, tooLong;
  for (int i = 0; i < 80; ++i) fits += "The dog ran. ";
  for (int i = 0; i < 300; ++i) tooLong += "The dog ran. ";
  settings_.maxNewTokens = 400;
  const auto report = made({prompt_, fits, tooLong});
  const auto whole = report.prompts[1][0];
  const auto cut = report.prompts[2][0];
  EXPECT_EQ(report.prompts[0][0].droppedPromptTokens, 0);
  EXPECT_EQ(whole.promptTokens, static_cast<std::int64_t>(tokenizer_.encode(fits).tokens.size()));
  EXPECT_EQ(whole.droppedPromptTokens, 0);
  EXPECT_EQ(cut.promptTokens - cut.droppedPromptTokens, 256) << "half of the positions is always kept";
  std::string remarks;
  for (const auto& remark : report.remarks) remarks += remark + "\n";
  EXPECT_NE(remarks.find(std::to_string(cut.promptTokens) + " tokens where the model takes 512"), std::string::npos)
      << remarks;
  EXPECT_NE(remarks.find("its first " + std::to_string(cut.droppedPromptTokens) + " are cut off"), std::string::npos)
      << remarks;
  settings_.maxNewTokens = 8;
  EXPECT_TRUE(made({prompt_, fits}).remarks.empty());
}

TEST_F(GenerateText, AnEmptyPromptThatNothingBeginsIsRefused) {
  const auto bare = text::Tokenizer::fromJson(
      base::Json::parse(R"({"model":{"type":"WordLevel","vocab":{"a":0,"b":1},"unk_token":"a"}})"), "t");
  ASSERT_TRUE(bare);
  auto config = test::tinyConfig(test::Family::Gpt2);
  config["bos_token_id"] = nullptr;
  const auto model = test::tinyModel(config);
  const auto refused = continueTexts(*model, *bare, {""}, settings_, 1, kCpu);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("Write a prompt"), std::string::npos);
  config["bos_token_id"] = 1;
  EXPECT_TRUE(continueTexts(*test::tinyModel(config), *bare, {""}, settings_, 1, kCpu));
}

TEST_F(GenerateText, GivesUpWhenAsked) {
  EXPECT_FALSE(continueText(*model_, tokenizer_, "Lily", upTo(64), kCpu, [] { return true; }).has_value());
}

TEST_F(GenerateText, AStopStringEndsTheTextBeforeIt) {
  const auto free = made({prompt_}).prompts[0][0];
  EXPECT_EQ(free.ending, Ending::Length);
  EXPECT_EQ(free.tokens, 24);
  for (const std::int64_t beams : {1, 3}) {
    settings_.beams = beams;
    settings_.stopStrings = {"rl named Li", "zebra"};
    const auto stopped = made({prompt_}).prompts[0][0];
    EXPECT_EQ(stopped.text, " little gi") << beams << " beams";
    EXPECT_EQ(stopped.ending, Ending::StopString);
    EXPECT_LT(stopped.tokens, 10);
  }
}

TEST_F(GenerateText, AnEndTokenIsNamedByItsText) {
  settings_.endTokens = {"."};
  const auto ended = made({prompt_}).prompts[0][0];
  EXPECT_EQ(ended.text, " little girl named Lily");
  EXPECT_EQ(ended.ending, Ending::EndToken);
  settings_.endTokens = {"no such token"};
  const auto refused = continueTexts(*model_, tokenizer_, {prompt_}, settings_, 1, kCpu);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("no such token"), std::string::npos);
}

TEST_F(GenerateText, PiecesMakeTheTextOfEachPrompt) {
  settings_.stopStrings = {" to play"};
  const std::vector<std::string> prompts = {prompt_, "The dog", "Lily said, \"I want to", "Tom", ""};
  std::vector<std::string> pieces(prompts.size());
  std::set<std::size_t> finished;
  GenerationCallbacks callbacks;
  callbacks.piece = [&](std::size_t prompt, std::string_view text) {
    EXPECT_FALSE(text.empty());
    EXPECT_FALSE(finished.contains(prompt));
    pieces[prompt] += text;
  };
  callbacks.finished = [&](std::size_t prompt, const std::vector<GeneratedText>& texts) {
    ASSERT_EQ(texts.size(), 1U);
    EXPECT_EQ(texts[0].text, pieces[prompt]);
    EXPECT_TRUE(finished.insert(prompt).second);
  };
  const auto report = made(prompts, 3, callbacks);
  EXPECT_EQ(finished.size(), prompts.size());
  std::int64_t tokens = 0;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    EXPECT_EQ(report.prompts[i].at(0).text, pieces[i]);
    EXPECT_EQ(report.prompts[i].at(0).text.find(" to play"), std::string::npos);
    tokens += report.prompts[i].at(0).tokens;
  }
  EXPECT_EQ(report.tokens, tokens);
  EXPECT_FALSE(report.givenUp);
}

TEST_F(GenerateText, ABeamSearchTellsNoPieces) {
  settings_.beams = 2;
  settings_.returned = 2;
  GenerationCallbacks callbacks;
  callbacks.piece = [](std::size_t, std::string_view) { FAIL() << "a beam may yet be left"; };
  const auto texts = made({prompt_}, 8, callbacks).prompts[0];
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_GE(texts[0].score, texts[1].score);
  EXPECT_LT(texts[0].score, 0);
  EXPECT_NE(texts[0].text, texts[1].text);
}

TEST_F(GenerateText, WhatWasFinishedBeforeGivingUpIsKept) {
  int asked = 0;
  GenerationCallbacks callbacks;
  callbacks.giveUp = [&] { return ++asked > 30; };
  const auto report = made({prompt_, "The dog"}, 1, callbacks);
  EXPECT_TRUE(report.givenUp);
  EXPECT_EQ(report.prompts[0].size(), 1U);
  EXPECT_TRUE(report.prompts[1].empty());
}

}  // namespace
}  // namespace rosa::generate
