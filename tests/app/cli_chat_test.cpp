// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli_fixture.h"

namespace rosa::test {
namespace {

/// Conversations in the terminal, from the file to the answer.
class CliChat : public CliFixture {
 protected:
  CliChat() {
    std::ofstream chats(data_);
    for (int i = 0; i < 12; ++i) {
      chats << json{{"messages",
                     {{{"role", "user"}, {"content", "Who ran?"}}, {{"role", "assistant"}, {"content", "The cat."}}}}}
                   .dump()
            << "\n";
    }
    chats << R"({"messages": [{"role": "user", "content": 7}]})"
          << "\n";
  }
  [[nodiscard]] std::vector<std::string> about(std::vector<std::string> command) const {
    for (const auto& word : {std::string("--data"), data_.string(), std::string("--chat-template"),
                             std::string("alpaca"), std::string("--max-length"), std::string("128")}) {
      command.push_back(word);
    }
    return command;
  }
  static bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

  fs::path data_ = folder_.path() / "chats.jsonl";
  std::string model_ = (samples() / "stories260k").string();
};

TEST_F(CliChat, FromAFileToAnAnswer) {
  const auto run = (folder_.path() / "run").string();
  auto train =
      about({"train", "--model", model_, "--steps", "2", "--sample-tokens", "0", "--threads", "1", "--out", run});
  const auto refused = rosa(train);
  EXPECT_EQ(refused.exitCode, 2);
  EXPECT_TRUE(has(refused.error, "Line 13 of ")) << refused.error;
  EXPECT_TRUE(has(refused.error, "--skip-bad yes")) << refused.error;
  EXPECT_FALSE(fs::exists(run));

  train.insert(train.end(), {"--skip-bad", "yes"});
  const auto trained = rosa(train);
  ASSERT_EQ(trained.exitCode, 0) << trained.error;
  for (const char* told : {"holds conversations (shape messages)", "the built-in template alpaca", "1 row of "}) {
    EXPECT_TRUE(has(trained.output + trained.error, told)) << told << " in " << trained.output << trained.error;
  }
  const auto merged = (folder_.path() / "merged").string();
  ASSERT_EQ(rosa({"export", run, "--to", merged}).exitCode, 0);
  std::string answers[2];
  for (const auto& [place, model] : {std::pair(0, run), std::pair(1, merged)}) {
    const auto said =
        rosa({"generate", "--chat", "--model", model, "--prompt", "Who ran?", "--max-new-tokens", "8", "--json"});
    ASSERT_EQ(said.exitCode, 0) << said.error;
    answers[place] = said.output;
  }
  EXPECT_EQ(answers[0], answers[1]);
  EXPECT_EQ(rosa({"generate", "--chat", "--model", model_, "--prompt", "Who ran?"}).exitCode, 2);
}

TEST_F(CliChat, ShowsWhichTokensCount) {
  auto inspect = about({"inspect", "--batch", "--model", model_, "--rows", "2", "--first", "1"});
  const auto shown = rosa(inspect);
  ASSERT_EQ(shown.exitCode, 0) << shown.error;
  EXPECT_TRUE(has(shown.output, "row 2: ")) << shown.output;
  EXPECT_TRUE(has(shown.output, "1 end a turn")) << shown.output;
  EXPECT_TRUE(has(shown.output, "</s>»")) << shown.output;
  inspect.emplace_back("--json");
  const auto lines = rosa(inspect).output;
  const auto row = json::parse(lines.substr(0, lines.find('\n')));
  EXPECT_EQ(row.at("ended_turns"), 1);
  EXPECT_EQ(row.at("lost_tokens"), 0);
  EXPECT_EQ(rosa({"inspect", "--batch"}).exitCode, 2);
}

}  // namespace
}  // namespace rosa::test
