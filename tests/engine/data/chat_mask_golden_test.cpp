// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "data/chat_mask.h"
#include "engine/text/golden_chat.h"
#include "support/golden.h"
#include "text/tokenizer.h"

/// The tokens that transformers masks as the assistant's, for every conversation and every template with marks.
namespace {

namespace fs = std::filesystem;
using rosa::base::Json;
using rosa::data::ChatLoss;
using rosa::test::conversationOf;
using rosa::test::fixedClock;
using rosa::test::kChatLimits;
using rosa::text::ChatTemplate;

/// Whether the row was compared.
bool expectRow(const ChatTemplate& chat, const rosa::text::Tokenizer& tokenizer, const Json& row) {
  if (!row.contains("assistant_masks")) return false;
  const auto counted = rosa::data::countChat(chat, conversationOf(row), ChatLoss::Assistant, fixedClock());
  EXPECT_TRUE(counted) << counted.error().message;
  if (!counted) return true;
  const auto encoding = tokenizer.encode(counted->text, false);
  const auto weights = rosa::data::tokenWeights(encoding, counted->spans);
  std::vector<std::int32_t> ids, mask;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    ids.push_back(encoding.tokens[i].id);
    mask.push_back(weights[i] > 0 ? 1 : 0);
  }
  EXPECT_EQ(Json(ids), row["ids"]);
  EXPECT_EQ(Json(mask), row["assistant_masks"]);
  return true;
}

TEST(ChatMaskGolden, TheTokensThatCountAreThoseOfTransformers) {
  const auto golden = rosa::test::goldenDirectory();
  const auto tokenizer = rosa::text::Tokenizer::fromFolder(golden / "tokenizers" / "smol-bpe");
  if (!fs::exists(golden / "chat") || !tokenizer) GTEST_SKIP() << "no chats or no tokenizer under " << golden;
  const auto about =
      rosa::base::readJsonFile(rosa::base::FileSystem::real(), golden / "chat" / "templates.json", kChatLimits);
  ASSERT_TRUE(about) << about.error().message;
  std::size_t rows = 0;
  for (const auto& [name, facts] : about->items()) {
    if (name.starts_with("_") || !facts["has_generation"].get<bool>()) continue;
    const auto source = rosa::base::readFile(rosa::base::FileSystem::real(),
                                             golden / "chat" / "templates" / (name + ".jinja"), 1U << 20U);
    ASSERT_TRUE(source) << source.error().message;
    Json tokens = Json::object();
    for (const auto* role : {"bos_token", "eos_token", "pad_token"}) {
      if (facts.contains(role) && !facts[role].is_null()) tokens[role] = facts[role];
    }
    const auto chat = ChatTemplate::parse(*source, name, tokens);
    ASSERT_TRUE(chat) << chat.error().message;
    std::ifstream lines(golden / "chat" / (name + ".jsonl"));
    for (std::string line; std::getline(lines, line);) {
      const auto row = rosa::base::parseJson(line, name, kChatLimits);
      ASSERT_TRUE(row) << row.error().message;
      SCOPED_TRACE(name + ", " + (*row)["case"].get<std::string>());
      rows += expectRow(*chat, *tokenizer, *row) ? 1 : 0;
    }
  }
  EXPECT_EQ(rows, 198U);
}

}  // namespace
