// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/row_shape.h"

#include <gtest/gtest.h>

#include "engine/data/temporary_folder.h"

namespace rosa::data {
namespace {

class RowShape : public testing::Test {
 protected:
  Expected<RunConfig> settled(const std::string& name, const std::string& content) {
    remarks_.clear();
    return settleShape(config_, folder_.write(name, content), remarks_);
  }
  Shape shapeOf(const std::string& name, const std::string& content) {
    const auto config = settled(name, content);
    EXPECT_TRUE(config) << config.error().message;
    return config ? config->shape : Shape::Auto;
  }

  TemporaryFolder folder_;
  RunConfig config_;
  std::vector<std::string> remarks_;
};

constexpr const char* kMessages = R"({"messages": [{"role": "user", "content": "hi"}]})";
constexpr const char* kTurns = R"({"conversations": [{"from": "human", "value": "hi"}]})";

TEST_F(RowShape, IsRecognisedByColumnsAndFirstRows) {
  EXPECT_EQ(shapeOf("a.jsonl", kMessages), Shape::Messages);
  ASSERT_EQ(remarks_.size(), 1U);
  EXPECT_TRUE(contains(remarks_[0], "a.jsonl holds conversations (shape messages)"));
  EXPECT_EQ(shapeOf("b.jsonl", kTurns), Shape::Sharegpt);
  EXPECT_EQ(shapeOf("c.jsonl", R"({"conversations": [{"role": "user", "content": "hi"}]})"), Shape::Messages);
  EXPECT_EQ(shapeOf("d.csv", "instruction,input,output\na,b,c\n"), Shape::Alpaca);
  EXPECT_EQ(shapeOf("e.csv", "messages\n\"[{\"\"role\"\": \"\"user\"\", \"\"content\"\": \"\"hi\"\"}]\"\n"),
            Shape::Messages);
  EXPECT_EQ(shapeOf("f.csv", "text\nplain words\n"), Shape::Text);
  EXPECT_EQ(shapeOf("g.txt", "plain words\n"), Shape::Text);
  EXPECT_TRUE(remarks_.empty());
}

TEST_F(RowShape, EmptyFirstRowsDoNotHideIt) {
  EXPECT_EQ(shapeOf("a.jsonl", std::string("{\"id\": 1}\n{\"messages\": null}\n") + kMessages), Shape::Messages);
}

TEST_F(RowShape, PromptsWithPlainCompletionsAreTaskCompletion) {
  const auto config = settled("a.jsonl", R"({"prompt": "a", "completion": "b"})");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->task, Task::Completion);
  EXPECT_EQ(config->prompt, "prompt");
  EXPECT_FALSE(holdsConversations(*config));
  const auto chat = settled("b.jsonl", R"({"prompt": [{"role": "user", "content": "a"}], )"
                                       R"("completion": [{"role": "assistant", "content": "b"}]})");
  ASSERT_TRUE(chat);
  EXPECT_TRUE(holdsConversations(*chat));
  EXPECT_EQ(chat->lossOn, LossOn::Completion);
}

TEST_F(RowShape, TwoReadingsAreAskedAbout) {
  const auto both = settled("a.jsonl", R"({"text": "x", "messages": [{"role": "user", "content": "hi"}]})");
  ASSERT_FALSE(both);
  EXPECT_TRUE(contains(both.error().message, "--shape text"));
  EXPECT_TRUE(contains(both.error().message, "--shape messages --text messages"));
  config_.text = "text";
  EXPECT_EQ(shapeOf("a.jsonl", R"({"text": "x", "messages": [{"role": "user", "content": "hi"}]})"), Shape::Text);
  config_.text = "messages";
  EXPECT_EQ(shapeOf("a.jsonl", R"({"text": "x", "messages": [{"role": "user", "content": "hi"}]})"), Shape::Messages);
}

TEST_F(RowShape, ChosenAnswersAreConversationsWhereThatIsAskedFor) {
  const auto* pair = R"({"prompt": "a", "chosen": "b", "rejected": "c"})";
  EXPECT_TRUE(*holdsPreferencePairs(config_, folder_.write("a.jsonl", pair)));
  EXPECT_FALSE(*holdsPreferencePairs(config_, folder_.write("b.jsonl", kMessages)));
  config_.shape = Shape::PreferenceChosen;
  const auto config = settled("a.jsonl", pair);
  ASSERT_TRUE(config) << messageOf(config);
  EXPECT_EQ(config->task, Task::LanguageModelling);
  EXPECT_TRUE(holdsConversations(*config));
  EXPECT_EQ(config->lossOn, LossOn::Completion);
}

TEST_F(RowShape, RefusesWhatCannotBe) {
  const auto pairs = messageOf(settled("a.jsonl", R"({"prompt": "a", "chosen": "b", "rejected": "c"})"));
  EXPECT_TRUE(contains(pairs, "preference pairs"));
  EXPECT_TRUE(contains(pairs, "--shape preference-chosen"));
  config_.shape = Shape::Messages;
  EXPECT_TRUE(contains(messageOf(settled("a.txt", "x")), "is plain text"));
  config_.shape = Shape::Text;
  config_.lossOn = LossOn::Assistant;
  EXPECT_TRUE(contains(messageOf(settled("b.csv", "text\nx\n")), "no assistant speaks"));
}

TEST_F(RowShape, OtherTasksHaveNone) {
  config_.task = Task::Classification;
  EXPECT_EQ(shapeOf("a.jsonl", kMessages), Shape::Auto);
}

TEST_F(RowShape, SettlesWhatCounts) {
  EXPECT_EQ(settled("a.jsonl", kMessages)->lossOn, LossOn::Assistant);
  config_.lossOn = LossOn::All;
  EXPECT_EQ(settled("a.jsonl", kMessages)->lossOn, LossOn::All);
}

}  // namespace
}  // namespace rosa::data
