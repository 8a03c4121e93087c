// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/file.h"
#include "base/json.h"
#include "engine/text/golden_chat.h"
#include "support/golden.h"
#include "text/chat_template.h"

/// Every template of the golden folder with every conversation, against apply_chat_template.
namespace {

namespace fs = std::filesystem;
using rosa::base::Json;
using rosa::test::conversationOf;
using rosa::test::fixedClock;
using rosa::test::kChatLimits;
using rosa::text::ChatTemplate;

/// The words are ours where no template has any: an empty conversation, two ways to end one.
bool isOurOwnRefusal(const std::string& type) {
  return type == "ValueError";
}

void expectRow(const ChatTemplate& chat, const Json& row, const std::string& name) {
  SCOPED_TRACE(name + ", " + row["case"].get<std::string>());
  const auto rendered = chat.render(conversationOf(row), fixedClock());
  if (!row.contains("expected")) {
    ASSERT_FALSE(rendered) << "rendered " << rendered->text;
    const auto message = row["error"]["message"].get<std::string>();
    if (!isOurOwnRefusal(row["error"]["type"].get<std::string>())) {
      EXPECT_NE(rendered.error().message.find(message), std::string::npos) << rendered.error().message;
    }
    return;
  }
  ASSERT_TRUE(rendered) << rendered.error().message;
  EXPECT_EQ(rendered->text, row["expected"].get<std::string>());
  if (row.contains("assistant_spans")) {
    EXPECT_EQ(Json(rendered->generated), row["assistant_spans"]);
  }
}

TEST(ChatTemplateGolden, EveryTemplateWithEveryConversationIsAsTransformersHasIt) {
  const auto folder = rosa::test::goldenDirectory() / "chat";
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is not there";
  const auto about = rosa::base::readJsonFile(rosa::base::FileSystem::real(), folder / "templates.json", kChatLimits);
  ASSERT_TRUE(about) << about.error().message;
  std::size_t rows = 0, templates = 0;
  for (const auto& [name, facts] : about->items()) {
    if (name.starts_with("_")) continue;
    const auto source =
        rosa::base::readFile(rosa::base::FileSystem::real(), folder / "templates" / (name + ".jinja"), 1U << 20U);
    ASSERT_TRUE(source) << source.error().message;
    Json tokens = Json::object();
    for (const auto* role : {"bos_token", "eos_token", "pad_token"}) {
      if (facts.contains(role) && !facts[role].is_null()) tokens[role] = facts[role];
    }
    const auto chat = ChatTemplate::parse(*source, name + ".jinja", tokens);
    ASSERT_TRUE(chat) << chat.error().message;
    std::ifstream lines(folder / (name + ".jsonl"));
    for (std::string line; std::getline(lines, line); ++rows) {
      const auto row = rosa::base::parseJson(line, name, kChatLimits);
      ASSERT_TRUE(row) << row.error().message;
      expectRow(*chat, *row, name);
    }
    ++templates;
  }
  EXPECT_EQ(templates, 39U);
  EXPECT_EQ(rows, 39U * 39U);
}

}  // namespace
