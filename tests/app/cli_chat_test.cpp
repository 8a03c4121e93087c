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

/// A run of one step on some data.
class CliSets : public CliChat {
 protected:
  [[nodiscard]] ProcessResult trainedOn(const fs::path& data, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> command = {
        "train", "--model",         model_, "--data", data.string(), "--steps",         "1",     "--threads",
        "1",     "--sample-tokens", "0",    "--out",  run_,          "--chat-template", "alpaca"};
    command.insert(command.end(), more.begin(), more.end());
    return rosa(command);
  }
  fs::path written(const std::string& name, const std::vector<json>& rows) const {
    const auto path = folder_.path() / name;
    std::ofstream file(path);
    for (const auto& row : rows) file << row.dump() << "\n";
    return path;
  }
  [[nodiscard]] std::vector<json> chats(int count) const {
    return std::vector<json>(
        static_cast<std::size_t>(count),
        json{{"messages", {{{"role", "user"}, {"content", "Hi"}}, {{"role", "assistant"}, {"content", "A cat."}}}}});
  }
  std::string run_ = (folder_.path() / "run").string();
};

TEST_F(CliSets, ChatsOfAParquetFileTrain) {
  const auto file = goldenDirectory() / "data" / "parquet" / "sft_chat.parquet";
  if (!fs::exists(file)) GTEST_SKIP() << "there is no " << file;
  const auto trained = trainedOn(file, {"--skip-bad", "yes"});
  ASSERT_EQ(trained.exitCode, 0) << trained.error;
  EXPECT_TRUE(has(trained.output + trained.error, "holds conversations (shape messages)")) << trained.output;
}

TEST_F(CliSets, SetsAreMixedAndToldOf) {
  const auto data = written("a.jsonl", chats(20));
  const auto mixed = written("b.jsonl", chats(40));
  const auto trained = trainedOn(data, {"--validation-split", "0", "--mix", mixed.string() + "=0.25"});
  ASSERT_EQ(trained.exitCode, 0) << trained.error;
  EXPECT_TRUE(has(trained.output + trained.error,
                  "An epoch shows 30 rows: 20 of a.jsonl, 10 of b.jsonl (0.25 times its 40, drawn anew each time)."))
      << trained.output << trained.error;
  EXPECT_EQ(json::parse(std::ifstream(fs::path(run_) / "data.json")).at("files").size(), 2U);
  const auto refused = trainedOn(data, {"--mix", mixed.string() + "=x"});
  EXPECT_EQ(refused.exitCode, kWrongInput);
  EXPECT_TRUE(has(refused.error, "PATH=WEIGHT")) << refused.error;
}

TEST_F(CliSets, PreferencePairsAreShownAndTrainedOnTheChosenSideAlone) {
  const auto data =
      written("a.jsonl", std::vector<json>(8, {{"prompt", "Who ran?"}, {"chosen", "The cat."}, {"rejected", "No."}}));
  const auto refused = trainedOn(data);
  EXPECT_EQ(refused.exitCode, kWrongInput);
  EXPECT_TRUE(has(refused.error, "--shape preference-chosen")) << refused.error;
  const auto shown =
      rosa({"inspect", "--batch", "--model", model_, "--data", data.string(), "--chat-template", "alpaca"});
  ASSERT_EQ(shown.exitCode, 0) << shown.error;
  EXPECT_TRUE(has(shown.output, "1 end a turn")) << shown.output;
  EXPECT_TRUE(has(shown.output, "T|he")) << shown.output;  // of the chosen answer, cut into tokens
  const auto trained = trainedOn(data, {"--shape", "preference-chosen"});
  ASSERT_EQ(trained.exitCode, 0) << trained.error;
}

TEST_F(CliSets, RowsOfTokensTrainBesideAMethod) {
  const auto data = written("a.jsonl", chats(8));
  const auto trained = trainedOn(data, {"--train-tokens", "auto"});
  ASSERT_EQ(trained.exitCode, 0) << trained.error;
  const auto merged = (folder_.path() / "merged").string();
  const auto exported = rosa({"export", run_, "--to", merged});
  ASSERT_EQ(exported.exitCode, 0) << exported.error;
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
