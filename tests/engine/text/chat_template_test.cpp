// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/chat_template.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "base/temporary_folder.h"
#include "text/built_in_chat_templates.h"

namespace {

namespace fs = std::filesystem;
using rosa::base::Json;
using rosa::text::ChatTemplate;
using rosa::text::Conversation;

const Json kTokens = {{"bos_token", "<s>"}, {"eos_token", "</s>"}};

Conversation chat(const std::vector<Json>& messages, bool prompt = false) {
  Conversation conversation;
  conversation.messages = messages;
  conversation.addGenerationPrompt = prompt;
  return conversation;
}

Json user(const char* text) {
  return {{"role", "user"}, {"content", text}};
}
Json assistant(const char* text) {
  return {{"role", "assistant"}, {"content", text}};
}

std::string rendered(const std::string& source, const Conversation& conversation) {
  const auto parsed = ChatTemplate::parse(source, "chat_template.jinja", kTokens);
  if (!parsed) return parsed.error().message;
  const auto result = parsed->render(conversation);
  return result ? result->text : result.error().message;
}

class ChatTemplateFolder : public testing::Test {
 protected:
  void SetUp() override {
    auto made = rosa::base::TemporaryFolder::make("rosa-chat");
    ASSERT_TRUE(made) << made.error().message;
    folder_.emplace(std::move(*made));
  }
  [[nodiscard]] fs::path path() const { return folder_->path(); }
  void write(const fs::path& name, const std::string& text) const {
    fs::create_directories((path() / name).parent_path());
    std::ofstream(path() / name) << text;
  }
  [[nodiscard]] std::string renderedWith(const Json& config, const std::optional<std::string>& choice = std::nullopt,
                                         const Json& tools = nullptr) const {
    const auto opened = ChatTemplate::open(path(), config, kTokens, choice);
    if (!opened) return opened.error().message;
    auto conversation = chat({user("Hi")});
    conversation.tools = tools;
    const auto result = opened->render(conversation);
    return result ? result->text : result.error().message;
  }

 private:
  std::optional<rosa::base::TemporaryFolder> folder_;
};

TEST_F(ChatTemplateFolder, TheFileCountsBeforeTheConfiguration) {
  const Json config = {{"chat_template", "config {{ messages[0].content }}"}};
  EXPECT_EQ(renderedWith(config), "config Hi");
  write("chat_template.jinja", "file {{ messages[0].content }}\n");
  EXPECT_EQ(renderedWith(config), "file Hi");
}

TEST_F(ChatTemplateFolder, SeveralTemplatesAreChosenAsTransformersChooses) {
  const Json config = {{"chat_template", Json::array({Json{{"name", "default"}, {"template", "D"}},
                                                      Json{{"name", "tool_use"}, {"template", "T"}},
                                                      Json{{"name", "rag"}, {"template", "R"}}})}};
  EXPECT_EQ(renderedWith(config), "D");
  EXPECT_EQ(renderedWith(config, std::nullopt, Json::array()), "T");
  EXPECT_EQ(renderedWith(config, "rag"), "R");
  EXPECT_EQ(renderedWith({{"chat_template", Json::array({Json{{"name", "rag"}, {"template", "R"}}})}}),
            path().string() + " has several chat templates and none is called default. Name one of rag.");
  write("chat_template.jinja", "file");
  write("additional_chat_templates/rag.jinja", "more");
  EXPECT_EQ(renderedWith(config, "rag"), "more");
  EXPECT_EQ(renderedWith(config, std::nullopt, Json::array()), "file");
}

TEST_F(ChatTemplateFolder, ATemplateCanBeBuiltInOrAFile) {
  EXPECT_EQ(renderedWith(nullptr), path().string() +
                                       " has no chat template. Name one of chatml, llama3, gemma, mistral, "
                                       "phi, alpaca, or a file.");
  EXPECT_EQ(renderedWith(nullptr, "chatml"), "<|im_start|>user\nHi<|im_end|>\n");
  write("mine.jinja", "mine {{ messages | length }}");
  EXPECT_EQ(renderedWith(nullptr, (path() / "mine.jinja").string()), "mine 1");
  EXPECT_EQ(renderedWith(nullptr, "chatlm"),
            "There is no chat template \"chatlm\": it is neither a file nor one of chatml, "
            "llama3, gemma, mistral, phi, alpaca.");
}

TEST_F(ChatTemplateFolder, ABrokenTemplateIsToldByPlaceAndLine) {
  write("chat_template.jinja", "a\n{% if %}");
  EXPECT_EQ(renderedWith(nullptr),
            "The chat template fails: Expected an expression, got 'end of statement block' "
            "(chat_template.jinja, line 2)");
}

TEST(ChatTemplate, NullKeysOfAMessageAreNotThereForTheTemplate) {
  const Json message = {
      {"role", "assistant"}, {"content", nullptr}, {"tool_calls", Json::array({Json{{"x", nullptr}}})}};
  EXPECT_EQ(rendered("{{ 'content' in messages[0] }} {{ messages[0].content }}|{{ messages[0].tool_calls }}",
                     chat({message})),
            "False |[{'x': None}]");
}

TEST(ChatTemplate, ReasoningIsFoundUnderTheNamesThatTemplatesRead) {
  const Json message = {{"role", "assistant"}, {"content", "a"}, {"reasoning", "why"}};
  EXPECT_EQ(rendered("{{ messages[0].reasoning_content }} {{ messages[0].thinking }}", chat({message})), "why why");
}

TEST(ChatTemplate, TheLastMessageCanBeContinued) {
  auto conversation = chat({user("q"), assistant("Once upon  ")});
  conversation.continueFinal = "content";
  EXPECT_EQ(rendered("{% for m in messages %}<{{ m.content }}>{% endfor %}", conversation), "<q><Once upon  ");
  EXPECT_EQ(rendered("{% for m in messages %}<{{ m.content | trim }}>{% endfor %}", conversation), "<q><Once upon");
  EXPECT_EQ(rendered("{{ messages[0].content }}", conversation),
            "The last message cannot be continued: the chat template leaves out or changes its text.");
  conversation.addGenerationPrompt = true;
  EXPECT_EQ(rendered("x", conversation),
            "A conversation cannot both go on with its last message and begin the model's next one.");
}

TEST(ChatTemplate, WhatIsNoConversationIsRefused) {
  EXPECT_EQ(rendered("x", chat({})), "The conversation is empty: it needs one message at least.");
  auto noList = chat({});
  noList.messages = "text";
  EXPECT_EQ(rendered("x", noList), "The messages of a conversation must be a list.");
  EXPECT_EQ(rendered("x", chat({user("a"), Json(5)})),
            "Message 2 of the conversation must be an object with \"role\" and \"content\".");
  auto tools = chat({user("a")});
  tools.tools = Json::array({1});
  EXPECT_EQ(rendered("x", tools), "Each of the tools must be an object with a JSON schema.");
}

TEST(ChatTemplate, ATemplateThatSaysNoIsQuoted) {
  EXPECT_EQ(rendered("{% if messages[0].role != 'user' %}\n{{ raise_exception('Begin with a user.') }}{% endif %}",
                     chat({assistant("a")})),
            "The chat template refuses the conversation: Begin with a user. (chat_template.jinja, line 2)");
}

struct BuiltIn {
  const char* name;
  const char* text;       ///< of a system, a user and an assistant message
  const char* generated;  ///< what of it the model says
  const char* prompt;     ///< what is added for its next turn
};

class BuiltInTemplate : public testing::TestWithParam<BuiltIn> {};

TEST_P(BuiltInTemplate, RendersAsTheModelsOfItsNameSpeakAndMarksWhatTheModelSays) {
  const auto& wanted = GetParam();
  const auto parsed =
      ChatTemplate::parse(std::string(*rosa::text::builtInChatTemplate(wanted.name)), wanted.name, kTokens);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_TRUE(parsed->marksGeneration(chat({user("Hi")})));
  const std::vector<Json> messages = {{{"role", "system"}, {"content", "Be kind."}}, user("Hi"), assistant("Hello")};
  const auto result = parsed->render(chat(messages));
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->text, wanted.text);
  ASSERT_EQ(result->generated.size(), 1U);
  const auto [begin, end] = result->generated[0];
  EXPECT_EQ(result->text.substr(begin, end - begin), wanted.generated);
  const auto prompt = parsed->render(chat(messages, true));
  ASSERT_TRUE(prompt) << prompt.error().message;
  EXPECT_EQ(prompt->text, wanted.text + std::string(wanted.prompt));
}

TEST_P(BuiltInTemplate, RefusesWhatItWouldLeaveOut) {
  const auto parsed =
      ChatTemplate::parse(std::string(*rosa::text::builtInChatTemplate(GetParam().name)), GetParam().name, kTokens);
  ASSERT_TRUE(parsed) << parsed.error().message;
  auto tools = chat({user("Hi")});
  tools.tools = Json::array({Json{{"type", "function"}}});
  EXPECT_FALSE(parsed->render(tools));
  EXPECT_FALSE(parsed->render(chat({Json{{"role", "user"}, {"content", Json::array({Json{{"type", "image"}}})}}})));
  EXPECT_FALSE(parsed->render(chat({user("Hi"), Json{{"role", "assistant"}, {"content", nullptr}}})));
}

INSTANTIATE_TEST_SUITE_P(
    All, BuiltInTemplate,
    testing::Values(
        BuiltIn{"chatml",
                "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
                "Hello<|im_end|>\n",
                "Hello<|im_end|>", "<|im_start|>assistant\n"},
        BuiltIn{"llama3",
                "<s><|start_header_id|>system<|end_header_id|>\n\nBe kind.<|eot_id|><|start_header_id|>user"
                "<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nHello<|eot_id|>",
                "Hello<|eot_id|>", "<|start_header_id|>assistant<|end_header_id|>\n\n"},
        BuiltIn{"gemma",
                "<s><start_of_turn>user\nBe kind.\n\nHi<end_of_turn>\n<start_of_turn>model\nHello<end_of_turn>\n",
                "Hello<end_of_turn>", "<start_of_turn>model\n"},
        BuiltIn{"mistral", "<s>[INST] Be kind.\n\nHi [/INST] Hello</s>", " Hello</s>", ""},
        BuiltIn{"phi", "<|system|>\nBe kind.<|end|>\n<|user|>\nHi<|end|>\n<|assistant|>\nHello<|end|>\n",
                "Hello<|end|>", "<|assistant|>\n"},
        BuiltIn{"alpaca", "<s>Be kind.\n\n### Instruction:\nHi\n\n### Response:\nHello</s>\n\n", "Hello</s>",
                "### Response:\n"}),
    [](const auto& one) { return std::string(one.param.name); });

}  // namespace
