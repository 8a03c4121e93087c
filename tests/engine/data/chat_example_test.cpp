// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/chat_example.h"

#include <gtest/gtest.h>

#include "data/dataset.h"
#include "data/examples.h"
#include "engine/data/temporary_folder.h"
#include "engine/data/word_encoder.h"

namespace rosa::data {
namespace {

using base::Json;

text::ChatTemplate plainTemplate() {
  const std::string source =
      "{% for m in messages %}<{{ m.role }}> {{ m.content }} </s>\n{% endfor %}"
      "{% if add_generation_prompt %}<assistant>{% endif %}";
  return *text::ChatTemplate::parse(source, "t.jinja", Json::object());
}

class ChatExamples : public testing::Test {
 protected:
  text::Conversation conversation(const char* messages) const {
    text::Conversation made;
    made.messages = Json::parse(messages);
    return made;
  }
  ChatExample made(const char* messages, LossOn lossOn = LossOn::Assistant, std::int64_t maxLength = 100) {
    auto example = makeChatExample(conversation(messages), lossOn, encoder_, maxLength, encoder_.turnEnd());
    EXPECT_TRUE(example) << example.error().message;
    return example ? *std::move(example) : ChatExample();
  }
  std::vector<std::int32_t> ids(const std::vector<std::string>& words) const {
    std::vector<std::int32_t> all;
    for (const auto& word : words) all.push_back(word == "-" ? kNoTarget : encoder_.id(word));
    return all;
  }
  Expected<ExampleSet> read(const std::string& lines, bool skipBad = false) {
    ExampleSpec spec;
    spec.shape = Shape::Messages;
    spec.skipBad = skipBad;
    return readExamples(folder_.write("chats.jsonl", lines), spec, encoder_);
  }

  TemporaryFolder folder_;
  text::ChatTemplate template_ = plainTemplate();
  WordEncoder encoder_{true, &template_};
};

constexpr const char* kTwoTurns =
    R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b c"},
        {"role": "user", "content": "d"}, {"role": "assistant", "content": "e"}])";

TEST_F(ChatExamples, TargetsAreWhatTheAssistantSaysAndTheEndOfItsTurns) {
  const auto chat = made(kTwoTurns);
  EXPECT_EQ(chat.example.tokenIds, ids({"<user>", " a", " </s>", "\n<assistant>", " b", " c", " </s>", "\n<user>", " d",
                                        " </s>", "\n<assistant>", " e", " </s>", "\n"}));
  EXPECT_EQ(chat.example.targets,
            ids({"-", "-", "-", " b", " c", " </s>", "-", "-", "-", "-", " e", " </s>", "-", "-"}));
  EXPECT_EQ(chat.example.targetCount, 5);
  EXPECT_EQ(chat.example.promptTokens, 11);
  EXPECT_TRUE(chat.endsTurn);
  EXPECT_FALSE(chat.example.truncated);
}

TEST_F(ChatExamples, LossOnChoosesTurns) {
  EXPECT_EQ(made(kTwoTurns, LossOn::LastAssistant).example.targetCount, 2);
  EXPECT_EQ(made(kTwoTurns, LossOn::Completion).example.targetCount, 2);
  EXPECT_EQ(made(kTwoTurns, LossOn::All).example.targetCount, 13);
}

TEST_F(ChatExamples, ACutThatTakesWhatCountsIsTold) {
  const auto cut = made(kTwoTurns, LossOn::Assistant, 12);
  EXPECT_TRUE(cut.example.truncated);
  EXPECT_TRUE(cut.lostEnd);
  EXPECT_EQ(cut.example.targetCount, 4);
  const auto harmless = made(kTwoTurns, LossOn::Assistant, 13);
  EXPECT_TRUE(harmless.example.truncated);
  EXPECT_FALSE(harmless.lostEnd);
  EXPECT_EQ(made(kTwoTurns, LossOn::Assistant, 4).example.targetCount, 0);
}

TEST_F(ChatExamples, AListOfOneTextIsThatText) {
  const auto list = made(R"([{"role": "user", "content": [{"type": "text", "text": "a"}]},
                             {"role": "assistant", "content": "b"}])");
  EXPECT_EQ(list.example.tokenIds[1], encoder_.id(" a"));
  const auto two = makeChatExample(conversation(R"([{"role": "user", "content": [{"type": "text", "text": "a"},
      {"type": "text", "text": "b"}]}, {"role": "assistant", "content": "b"}])"),
                                   LossOn::Assistant, encoder_, 100, std::nullopt);
  EXPECT_TRUE(contains(messageOf(two), "join them into one text"));
}

TEST_F(ChatExamples, AWeightIsNoneOrOne) {
  const char* half = R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "weight": 0.5}])";
  const auto refused = makeChatExample(conversation(half), LossOn::Assistant, encoder_, 100, std::nullopt);
  EXPECT_EQ(messageOf(refused), "A message has the \"weight\" 0.5, and a message counts wholly (1) or not at all (0).");
  const char* none = R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "weight": 0.0},
                         {"role": "user", "content": "c"}, {"role": "assistant", "content": "d", "weight": 1}])";
  const auto counts = made(none);
  EXPECT_EQ(counts.example.targetCount, 2) << "d and the end of its turn";
}

constexpr const char* kGood =
    R"({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]})"
    "\n";
constexpr const char* kBad = R"({"messages": [{"role": "user", "content": 1}]})"
                             "\n";

TEST_F(ChatExamples, AreReadFromAFile) {
  const auto set = read(std::string(kGood) + kGood);
  ASSERT_TRUE(set) << set.error().message;
  EXPECT_EQ(set->examples.size(), 2U);
  EXPECT_EQ(set->endedTurns, 2);
}

TEST_F(ChatExamples, RowsWithAFaultAreNamedOrSkippedAndCounted) {
  const auto content = std::string(kGood) + kBad + "{not json\n" + kGood;
  EXPECT_TRUE(contains(messageOf(read(content)), "Line 2 of "));
  const auto set = read(content, true);
  ASSERT_TRUE(set) << set.error().message;
  EXPECT_EQ(set->examples.size(), 2U);
  EXPECT_EQ(set->skipped, 2);
  EXPECT_TRUE(contains(set->firstFault, "Line 2 of "));
  EXPECT_TRUE(contains(messageOf(read(kBad, true)), "Every row of "));
}

TEST_F(ChatExamples, SkippingEndsWhereEveryRowFails) {
  std::string content;
  for (int i = 0; i < 200; ++i) content += kBad;
  const auto refused = read(content, true);
  EXPECT_TRUE(contains(messageOf(refused), "Each of the first 100 rows of "));
  EXPECT_TRUE(contains(messageOf(refused), "Line 1 of "));
}

TEST_F(ChatExamples, ATemplatesRefusalNamesTheRow) {
  template_ = *text::ChatTemplate::parse("{{ raise_exception('No, please.') }}", "t.jinja", Json::object());
  const auto refused = read(kGood);
  for (const char* part : {"Line 1 of ", "No, please.", "t.jinja", "--skip-bad yes"}) {
    EXPECT_TRUE(contains(messageOf(refused), part));
  }
}

TEST_F(ChatExamples, ARowWithoutTheAssistantIsLeftOut) {
  const auto set = read(std::string(kGood) + R"({"messages": [{"role": "user", "content": "a"}]})");
  ASSERT_TRUE(set) << set.error().message;
  EXPECT_EQ(set->dropped, 1);
}

TEST_F(ChatExamples, ADatasetTellsThatNothingEndsATurn) {
  RunConfig config;
  config.data = folder_.write("chats.jsonl", kGood);
  config.shape = Shape::Messages;
  config.validationSplit = 0;
  const auto whole = openDataset(config, encoder_);
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_TRUE(whole->remarks.empty());
  config.maxLength = 5;
  const auto cut = openDataset(config, encoder_);
  ASSERT_TRUE(cut) << cut.error().message;
  ASSERT_FALSE(cut->remarks.empty());
  EXPECT_TRUE(contains(cut->remarks.back(), "does not learn to stop"));
}

}  // namespace
}  // namespace rosa::data
