// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/chat_mask.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using rosa::base::Json;
using rosa::data::ChatLoss;
using rosa::data::countChat;
using rosa::data::CountedChat;
using rosa::data::CountedSpan;
using rosa::data::tokenWeights;
using rosa::text::ChatTemplate;
using rosa::text::Conversation;

// One form with the marks and one without, which then goes by prefixes.
const std::string kMarked =
    "{% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' %}{% generation %}{{ m.content }}</s>"
    "{% endgeneration %}{% else %}{{ m.content }}</s>{% endif %}{{ '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}";
const std::string kPlain =
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>{{ '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}";

Json message(const char* role, const char* content, const Json& more = Json::object()) {
  Json made = {{"role", role}, {"content", content}};
  made.update(more);
  return made;
}

/// The texts that count, each with its weight where that is not 1; or the refusal.
std::vector<std::string> counted(const std::string& source, const std::vector<Json>& messages,
                                 ChatLoss loss = ChatLoss::Assistant) {
  const auto parsed = ChatTemplate::parse(source, "t.jinja", Json::object());
  if (!parsed) return {parsed.error().message};
  Conversation conversation;
  conversation.messages = messages;
  const auto chat = countChat(*parsed, conversation, loss);
  if (!chat) return {chat.error().message};
  std::vector<std::string> texts;
  for (const auto& span : chat->spans) {
    texts.push_back(chat->text.substr(span.begin, span.end - span.begin));  // the texts here are ASCII
    if (span.weight != 1) texts.back() += " *" + std::to_string(span.weight).substr(0, 3);
  }
  return texts;
}

using Texts = std::vector<std::string>;
const std::vector<Json> kTwoTurns = {message("system", "s"), message("user", "a"), message("assistant", "b"),
                                     message("user", "c"), message("assistant", "d")};

class CountedByMarksAndPrefixes : public testing::TestWithParam<std::string> {};

TEST_P(CountedByMarksAndPrefixes, TheAssistantsMessagesWithTheEndOfTheirTurns) {
  EXPECT_EQ(counted(GetParam(), kTwoTurns), (Texts{"b</s>", "d</s>"}));
  EXPECT_EQ(counted(GetParam(), kTwoTurns, ChatLoss::LastAssistant), (Texts{"d</s>"}));
}

TEST_P(CountedByMarksAndPrefixes, CompletionIsAllAfterTheLastUser) {
  const std::vector<Json> calls = {message("user", "a"),         message("assistant", "b"), message("user", "c"),
                                   message("assistant", "call"), message("tool", "21"),     message("assistant", "d")};
  EXPECT_EQ(counted(GetParam(), calls, ChatLoss::Completion), (Texts{"call</s>", "d</s>"}));
  EXPECT_EQ(counted(GetParam(), calls, ChatLoss::LastAssistant), (Texts{"d</s>"}));
}

TEST_P(CountedByMarksAndPrefixes, FlagsOfAMessageCountForIt) {
  const std::vector<Json> messages = {message("user", "a"), message("assistant", "b", {{"train", false}}),
                                      message("user", "c"), message("assistant", "d", {{"weight", 0.5}}),
                                      message("user", "e"), message("assistant", "f", {{"weight", 0}}),
                                      message("user", "g"), message("assistant", "h")};
  EXPECT_EQ(counted(GetParam(), messages), (Texts{"d</s> *0.5", "h</s>"}));
}

TEST_P(CountedByMarksAndPrefixes, AConversationInWhichNobodyIsTrainedCountsNothing) {
  EXPECT_EQ(counted(GetParam(), {message("user", "a")}), Texts{});
  EXPECT_EQ(counted(GetParam(), {message("user", "a"), message("assistant", "b", {{"train", false}})}), Texts{});
}

INSTANTIATE_TEST_SUITE_P(Both, CountedByMarksAndPrefixes, testing::Values(kMarked, kPlain));

TEST(ChatMask, AllIsTheWholeText) {
  EXPECT_EQ(counted(kPlain, {message("user", "a"), message("assistant", "b")}, ChatLoss::All),
            (Texts{"<user>a</s>\n<assistant>b</s>\n"}));
}

TEST(ChatMask, FlagsDoNotReachTheTemplate) {
  EXPECT_EQ(counted("{{ messages | tojson }}", {message("user", "a", {{"train", true}, {"weight", 1}})}, ChatLoss::All),
            (Texts{R"([{"role": "user", "content": "a"}])"}));
}

TEST(ChatMask, SpaceBehindTheEndOfATurnIsNobodysSpeech) {
  // Without an end of the turn the space is what the message ends in.
  EXPECT_EQ(counted("{% for m in messages %}{{ m.content }}\n\n{% endfor %}",
                    {message("user", "a"), message("assistant", "b")}),
            (Texts{"b\n\n"}));
}

TEST(ChatMask, APrefixThatIsNoneIsRefused) {
  const std::string lastIsOther =
      "{% for m in messages %}{{ m.role }}:{% if loop.last %}!{% endif %}{{ m.content }};{% endfor %}";
  EXPECT_EQ(counted(lastIsOther, {message("user", "a"), message("assistant", "b")}),
            (Texts{"The chat template (t.jinja) writes the first 1 messages otherwise when more follow, so where the "
                   "assistant speaks cannot be told: use a template that marks it with {% generation %}, or --loss-on "
                   "all."}));
  EXPECT_EQ(counted(kPlain, {message("assistant", "b")}).front().substr(0, 45),
            "The conversation begins with the assistant: w");
}

TEST(ChatMask, FlagsThatMakeNoSenseAreRefused) {
  EXPECT_EQ(counted(kPlain, {message("user", "a"), message("assistant", "b", {{"weight", -1}})}),
            (Texts{"\"weight\" of message 2 must be a number from 0 on."}));
  EXPECT_EQ(counted(kPlain, {message("user", "a"), message("assistant", "b", {{"train", 1}})}),
            (Texts{"\"train\" of message 2 must be true or false."}));
}

TEST(ChatMask, WeightsOfMarksThatFitNoMessageAreRefused) {
  const std::string one = "{% generation %}{{ messages | map(attribute='content') | join }}{% endgeneration %}";
  EXPECT_EQ(counted(one, kTwoTurns), (Texts{"sabcd"}));
  EXPECT_EQ(counted(one, kTwoTurns, ChatLoss::LastAssistant),
            (Texts{"The chat template marks 1 texts as the assistant's, but the conversation has 2 messages of it, so "
                   "their weights cannot be told apart."}));
}

TEST(ChatMask, ATokenOverTheEdgeOfASpanCounts) {
  rosa::text::Encoding encoding;
  encoding.tokens = {{1, 0, 2}, {2, 2, 5}, {3, 5, 5}, {4, 5, 8}, {5, 8, 9}, {6, 9, 12}};
  const std::vector<CountedSpan> spans = {{4, 6, 1}, {6, 7, 0.5F}, {11, 20, 2}};
  EXPECT_EQ(tokenWeights(encoding, spans), (std::vector<float>{0, 1, 1, 1, 0, 2}));
}

}  // namespace
