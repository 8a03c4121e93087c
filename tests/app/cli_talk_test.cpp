// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli_fixture.h"

/// `rosa chat` with a conversation on its stdin.
namespace rosa::test {
namespace {

class CliTalk : public CliFixture {
 protected:
  [[nodiscard]] ProcessResult talk(const std::string& said, const std::string& model,
                                   const std::string& more = {}) const {
    std::ofstream(folder_.path() / "said.txt") << said;
    const auto command = program().string() + " chat '" + model + "' --threads 1 --max-new-tokens 12 " + more + " < '" +
                         (folder_.path() / "said.txt").string() + "'";
    return Process({"/bin/sh", "-c", command}, environment()).wait();
  }
  static bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
  const std::string model_ = (samples() / "stories260k").string();
};

TEST_F(CliTalk, AnswersEachLineAndSaysHowFast) {
  const auto once = rosa({"generate", "--model", model_, "--chat", "--chat-template", "alpaca", "--prompt", "Who ran?",
                          "--max-new-tokens", "12", "--threads", "1"});
  ASSERT_EQ(once.exitCode, 0) << once.error;
  const auto talked = talk("Who ran?\n/regenerate\nAnd then?\n", model_, "--chat-template alpaca");
  ASSERT_EQ(talked.exitCode, 0) << talked.error;
  EXPECT_TRUE(talked.output.starts_with(once.output + once.output)) << talked.output;
  EXPECT_GT(talked.output.size(), 2 * once.output.size());
  EXPECT_TRUE(holds(talked.error, "tokens/s")) << talked.error;
  EXPECT_TRUE(holds(talked.error, "[12 tokens")) << talked.error;
}

TEST_F(CliTalk, WhatCannotBeIsASentence) {
  const auto mute = talk("Hi\n", model_);
  EXPECT_EQ(mute.exitCode, kWrongInput);
  EXPECT_TRUE(holds(mute.error, "chat-template")) << mute.error;
  EXPECT_EQ(mute.output, "");
  std::string longer;
  for (int i = 0; i < 300; ++i) longer += "The dog ran. ";
  const auto refused = talk(longer + "\nHi\n", model_, "--chat-template alpaca");
  EXPECT_EQ(refused.exitCode, kWrongInput);
  EXPECT_TRUE(holds(refused.error, "the model takes 512")) << refused.error;
  EXPECT_FALSE(refused.output.empty()) << "what came after it was answered";
  EXPECT_EQ(talk("Hi\n", model_, "--temperature -1").exitCode, kWrongInput);
  EXPECT_TRUE(holds(talk("Hi\n", model_, "--base --chat-template alpaca").error, "is no run"));
}

TEST_F(CliTalk, ARunAnswersBesideItsBase) {
  const auto run = (folder_.path() / "run").string();
  const auto trained = rosa(trainArguments(run, {"--steps", "3", "--lr", "5e-2"}));
  ASSERT_EQ(trained.exitCode, 0) << trained.error;
  const auto both = talk("Who ran?\n", run, "--base --chat-template alpaca");
  ASSERT_EQ(both.exitCode, 0) << both.error;
  const auto base = talk("Who ran?\n", model_, "--chat-template alpaca");
  EXPECT_TRUE(both.output.starts_with("[tuned] ")) << both.output;
  EXPECT_TRUE(both.output.ends_with("[base] " + base.output)) << both.output << base.output;
}

}  // namespace
}  // namespace rosa::test
