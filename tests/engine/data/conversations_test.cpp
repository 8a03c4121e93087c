// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/conversations.h"

#include <gtest/gtest.h>

#include "engine/data/parquet/small_parquet.h"
#include "engine/data/temporary_folder.h"

namespace rosa::data {
namespace {

using base::Json;
using text::Conversation;

class Conversations : public testing::Test {
 protected:
  /// All rows of a file, up to its first mistake.
  std::vector<Conversation> read(const std::string& name, const std::string& content, Shape shape = Shape::Messages,
                                 const std::string& column = {}) {
    error_.clear();
    std::vector<Conversation> all;
    auto reader = ConversationReader::open(folder_.write(name, content), shape, column);
    if (!reader) {
      error_ = reader.error().message;
      return all;
    }
    for (Conversation conversation;;) {
      const auto found = reader->next(conversation);
      if (!found) error_ = found.error().message;
      if (!found || !*found) return all;
      all.push_back(conversation);
    }
  }
  std::string refused(const std::string& content, Shape shape = Shape::Messages) {
    EXPECT_TRUE(read("bad.jsonl", content + "\n", shape).empty());
    return error_;
  }
  static Json parsed(const char* text) { return Json::parse(text); }

  TemporaryFolder folder_;
  std::string error_;
};

TEST_F(Conversations, MessagesStayWhatTheyAre) {
  const auto rows =
      read("a.jsonl", R"({"messages": [{"role": "user", "content": "hé", "name": "x"},)"
                      R"( {"role": "assistant", "content": null, "tool_calls": [{"type": "function", "function":)"
                      R"( {"name": "f", "arguments": {"n": 1.50, "none": null}}}], "weight": 0}],)"
                      R"( "tools": [{"type": "function"}], "chat_template_kwargs": {"enable_thinking": false}})"
                      "\n");
  ASSERT_EQ(rows.size(), 1U) << error_;
  EXPECT_EQ(rows[0].messages[0], parsed(R"({"role": "user", "content": "hé", "name": "x"})"));
  EXPECT_EQ(rows[0].messages[1]["tool_calls"][0]["function"]["arguments"], parsed(R"({"n": 1.5, "none": null})"));
  EXPECT_EQ(rows[0].messages[1]["weight"], 0);
  EXPECT_EQ(rows[0].tools, parsed(R"([{"type": "function"}])"));
  EXPECT_EQ(rows[0].variables, parsed(R"({"enable_thinking": false})"));
  EXPECT_TRUE(rows[0].documents.is_null());
}

TEST_F(Conversations, TheChosenAnswerOfAPairFollowsWhatWasAsked) {
  const auto expected = parsed(R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}])");
  const auto* asked = R"([{"role": "user", "content": "a"}])";
  const auto* said = R"([{"role": "assistant", "content": "b"}])";
  const auto row = [](const std::string& prompt, const std::string& chosen) {
    return "{\"prompt\": " + prompt + ", \"chosen\": " + chosen + ", \"rejected\": \"c\"}\n";
  };
  const auto rows = read("a.jsonl",
                         row("\"a\"", "\"b\"") + row(asked, said) + row("\"a\"", said) + row("\"a\"", expected.dump()) +
                             row("null", expected.dump()),
                         Shape::PreferenceChosen);
  ASSERT_EQ(rows.size(), 5U) << error_;
  for (const auto& conversation : rows) EXPECT_EQ(conversation.messages, expected);
  EXPECT_TRUE(contains(refused(R"({"chosen": "b", "rejected": "c"})", Shape::PreferenceChosen),
                       "has no \"prompt\" to its answer in \"chosen\""));
  EXPECT_TRUE(
      contains(refused(R"({"prompt": "a", "rejected": "c"})", Shape::PreferenceChosen), "has no value for \"chosen\""));
}

TEST_F(Conversations, ListsMayStandInText) {
  const auto rows = read("a.csv", "id,messages\n1,\"[{\"\"role\"\": \"\"user\"\", \"\"content\"\": \"\"hi\"\"}]\"\n");
  ASSERT_EQ(rows.size(), 1U) << error_;
  EXPECT_EQ(rows[0].messages, parsed(R"([{"role": "user", "content": "hi"}])"));
}

TEST_F(Conversations, ShareGptSpeakersBecomeRoles) {
  const auto rows = read("a.jsonl",
                         R"({"system": "be kind", "conversations": [{"from": "human", "value": "a"},)"
                         R"( {"from": "function_call", "value": "{\"name\": \"f\", \"arguments\": {\"x\": 1}}"},)"
                         R"( {"from": "observation", "value": "1"}, {"from": "gpt", "value": "b", "weight": 1}]})"
                         "\n",
                         Shape::Sharegpt);
  ASSERT_EQ(rows.size(), 1U) << error_;
  EXPECT_EQ(rows[0].messages, parsed(R"([{"role": "system", "content": "be kind"}, {"role": "user", "content": "a"},
      {"role": "assistant", "content": "", "tool_calls": [{"type": "function",
       "function": {"name": "f", "arguments": {"x": 1}}}]},
      {"role": "tool", "content": "1"}, {"role": "assistant", "content": "b", "weight": 1}])"));
}

TEST_F(Conversations, AlpacaJoinsInstructionAndInput) {
  const auto rows = read("a.jsonl",
                         R"({"instruction": "Add.", "input": "1 2", "output": "3", "history": [["hi", "ho"]]})"
                         "\n"
                         R"({"instruction": "Say x.", "input": "", "output": "x", "system": "s"})"
                         "\n",
                         Shape::Alpaca);
  ASSERT_EQ(rows.size(), 2U) << error_;
  EXPECT_EQ(rows[0].messages, parsed(R"([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"},
      {"role": "user", "content": "Add.\n1 2"}, {"role": "assistant", "content": "3"}])"));
  EXPECT_EQ(rows[1].messages[0], parsed(R"({"role": "system", "content": "s"})"));
  EXPECT_EQ(rows[1].messages[1]["content"], "Say x.");
}

TEST_F(Conversations, PairsFollowOneAnother) {
  const auto rows = read("a.jsonl",
                         R"({"prompt": [{"role": "user", "content": "a"}], )"
                         R"("completion": [{"role": "assistant", "content": "b"}]})"
                         "\n",
                         Shape::PromptCompletion);
  ASSERT_EQ(rows.size(), 1U) << error_;
  EXPECT_EQ(rows[0].messages.size(), 2U);
}

TEST_F(Conversations, OtherColumnsAreNotRead) {
  auto bytes = parquet::smallParquet(
      {{"picture", {"PICTURE"}}, {"messages", {R"([{"role": "user", "content": "a"}])"}}, {"system", {"Be kind."}}},
      1000, true);
  bytes.replace(bytes.find("PICTURE"), 7, "DAMAGED");  // its page no longer has its checksum
  const auto rows = read("a.parquet", bytes);
  ASSERT_EQ(rows.size(), 1U) << error_;
  EXPECT_EQ(rows[0].messages[0]["content"], "Be kind.");
}

TEST_F(Conversations, AFaultNamesTheLineAndTheRemedy) {
  read("a.jsonl", R"({"messages": [{"role": "user", "content": "a"}]})"
                  "\n"
                  R"({"messages": [{"role": "user", "content": 7}]})"
                  "\n");
  EXPECT_TRUE(contains(error_, "Line 2 of "));
  EXPECT_TRUE(contains(error_, "a.jsonl"));
  EXPECT_TRUE(contains(error_, "message 1"));
  EXPECT_TRUE(contains(error_, "--skip-bad yes"));
}

TEST_F(Conversations, RefusesWhatIsNone) {
  EXPECT_TRUE(contains(refused(R"({"messages": []})"), "empty conversation"));
  EXPECT_TRUE(contains(refused(R"({"messages": "hello"})"), "no list of messages"));
  EXPECT_TRUE(contains(refused(R"({"other": 1})"), "no list of messages"));
  EXPECT_TRUE(contains(refused(R"({"other": 1, "more": 2})"), "no column \"messages\""));
  EXPECT_TRUE(contains(refused(R"({"messages": [3]})"), "no object with"));
  EXPECT_TRUE(contains(refused(R"({"messages": [{"content": "a"}]})"), "no \"role\""));
  EXPECT_TRUE(contains(refused(R"({"messages": [{"role": "user"}]})"), "no \"content\""));
  EXPECT_TRUE(contains(refused(R"({"messages": [{"role": "assistant", "content": "a"}]})"), "no user speaks"));
  EXPECT_TRUE(
      contains(refused(R"({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]})"),
               "\"image_url\", and only text"));
  EXPECT_TRUE(contains(refused(R"({"conversations": [{"from": "owl", "value": "a"}]})", Shape::Sharegpt), "\"owl\""));
  EXPECT_TRUE(contains(refused(R"({"instruction": "a"})", Shape::Alpaca), "no value for \"output\""));
  EXPECT_TRUE(contains(refused(R"({"messages": [{"role": "user", "content": "a"}], "functions": [{"name": "f"}]})"),
                       "write them as \"tools\""));
}

TEST_F(Conversations, AreParsedFromAPrompt) {
  const auto list = parseConversation(R"([{"role": "user", "content": "a"}])", "Prompt 1");
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_EQ(list->messages.size(), 1U);
  const auto object = parseConversation(R"({"messages": [{"role": "user", "content": "a"}], "tools": []})", "Prompt 1");
  ASSERT_TRUE(object);
  EXPECT_TRUE(object->tools.is_array());
  EXPECT_TRUE(contains(messageOf(parseConversation(R"([{"role": "user"}])", "Prompt 2")), "Prompt 2 has in message 1"));
}

}  // namespace
}  // namespace rosa::data
