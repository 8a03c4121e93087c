// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "base/json.h"
#include "text/tokenizer.h"

namespace {

using rosa::base::Json;
using rosa::text::Tokenizer;

Json tinyBpe() {
  return Json::parse(
      R"({"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "abab": 3, "<unk>": 4}, "unk_token": "<unk>",
    "fuse_unk": true, "merges": [["a", "b"], "ab ab"]}, "added_tokens": [{"id": 5, "content": "<x>", "special": true}]})");
}

std::vector<std::int32_t> ids(const Tokenizer& tokenizer, std::string_view text) {
  std::vector<std::int32_t> result;
  for (const auto& token : tokenizer.encode(text).tokens) result.push_back(token.id);
  return result;
}

std::string failure(const Json& json) {
  const auto tokenizer = Tokenizer::fromJson(json, "t.json");
  return tokenizer ? "" : tokenizer.error().message;
}

TEST(TokenizerTest, MergesByRankFromTheLeftAndFusesUnknownCharacters) {
  const auto tokenizer = Tokenizer::fromJson(tinyBpe(), "t.json");
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  EXPECT_EQ(ids(*tokenizer, "ababab"), (std::vector<std::int32_t>{3, 2}));
  EXPECT_EQ(ids(*tokenizer, "aXYb"), (std::vector<std::int32_t>{0, 4, 1}));
  EXPECT_EQ(ids(*tokenizer, "ab<x>ba"), (std::vector<std::int32_t>{2, 5, 1, 0}));
}

TEST(TokenizerTest, ALongTextWithoutWordsIsEncodedInOnePass) {
  const auto tokenizer = Tokenizer::fromJson(tinyBpe(), "t.json");
  ASSERT_TRUE(tokenizer);
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "ab";
  const auto tokens = tokenizer->encode(text).tokens;
  ASSERT_EQ(tokens.size(), 50'000U);
  EXPECT_EQ(tokens.back().end, 200'000);
}

TEST(TokenizerTest, BytesThatAreNoTextBecomeOneReplacementEach) {
  const auto tokenizer = Tokenizer::fromJson(tinyBpe(), "t.json");
  ASSERT_TRUE(tokenizer);
  EXPECT_EQ(tokenizer->encode("a\xFF\xC3(b").tokens.size(), 3U);
  EXPECT_EQ(tokenizer->encode("").tokens.size(), 0U);
}

TEST(TokenizerTest, NamesWhatIsMissingOrUnsupported) {
  EXPECT_NE(failure(Json::object()).find("model"), std::string::npos);
  auto json = tinyBpe();
  json["model"]["merges"].push_back({"b", "b"});
  EXPECT_NE(failure(json).find("model.merges[2]"), std::string::npos);
  json = tinyBpe();
  json["model"]["vocab"]["b"] = -1;
  EXPECT_NE(failure(json).find("model.vocab"), std::string::npos);
  json = tinyBpe();
  json["model"]["unk_token"] = "nowhere";
  EXPECT_NE(failure(json).find("nowhere"), std::string::npos);
  json = tinyBpe();
  json["normalizer"] = Json{{"type", "Nmt"}};
  EXPECT_NE(failure(json).find("Nmt"), std::string::npos);
  json = tinyBpe();
  json["pre_tokenizer"] = Json{{"type", "Split"}, {"pattern", {{"Regex", "(("}}}, {"behavior", "Isolated"}};
  EXPECT_NE(failure(json).find("(("), std::string::npos);
  json = tinyBpe();
  json["model"]["byte_fallback"] = true;
  EXPECT_NE(failure(json).find("<0x00>"), std::string::npos);
}

TEST(TokenizerTest, APatternThatExplodesIsAnErrorAndCutsNothing) {
  auto json = tinyBpe();
  json["pre_tokenizer"] = Json{{"type", "Split"}, {"pattern", {{"Regex", "(a+)+$"}}}, {"behavior", "Isolated"}};
  const auto tokenizer = Tokenizer::fromJson(json, "t.json");
  ASSERT_TRUE(tokenizer);
  try {
    (void)tokenizer->encode(std::string(40, 'a') + "b");
    ADD_FAILURE() << "what the pattern would have found is unknown";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("\"(a+)+$\""), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("41 characters"), std::string::npos) << error.what();
  }
}

TEST(TokenizerTest, APatternThatNeedsMuchStackStillMatches) {
  auto json = tinyBpe();
  json["pre_tokenizer"] = Json{{"type", "Split"}, {"pattern", {{"Regex", "(?:a|b)+"}}}, {"behavior", "Removed"}};
  const auto tokenizer = Tokenizer::fromJson(json, "t.json");
  ASSERT_TRUE(tokenizer);
  EXPECT_TRUE(tokenizer->encode(std::string(400'000, 'a')).tokens.empty());
}

TEST(TokenizerTest, UnknownIdsDecodeToNothing) {
  const auto tokenizer = Tokenizer::fromJson(tinyBpe(), "t.json");
  ASSERT_TRUE(tokenizer);
  EXPECT_EQ(tokenizer->decode(std::vector<std::int32_t>{0, -5, 99999, 1}, true), "a b");
  EXPECT_EQ(tokenizer->decode(std::vector<std::int32_t>{5}, true), "");
}

}  // namespace
