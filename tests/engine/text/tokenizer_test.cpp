// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "base/json.h"
#include "text/tokenizer.h"

namespace {

using rosa::base::Json;
using rosa::text::Seam;
using rosa::text::Tokenizer;

Json tinyBpe() {
  return Json::parse(
      R"({"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "abab": 3, "<unk>": 4}, "unk_token": "<unk>",
    "fuse_unk": true, "merges": [["a", "b"], "ab ab"]}, "added_tokens": [{"id": 5, "content": "<x>", "special": true}]})");
}

Json tinyUnigram() {
  return Json::parse(R"({"model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["a", -2], ["b", -2.5],
    ["c", -2], ["ab", -1], ["bc", -1.5], ["abcd", -9]]}})");
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

TEST(TokenizerTest, SeveralThreadsMakeWhatOneMakes) {
  const auto tokenizer = Tokenizer::fromJson(
      Json::parse(R"({"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "abab": 3, "<unk>": 4},
        "unk_token": "<unk>", "merges": [["a", "b"], "ab ab"]}, "pre_tokenizer": {"type": "Split",
        "pattern": {"Regex": "[ab]+|[^ab]"}, "behavior": "Isolated", "invert": false}})"),
      "t.json");
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  std::vector<std::string> texts;
  for (int i = 0; i < 400; ++i) {
    std::string text;
    for (int bit = 0; bit < 60; ++bit)
      text += (i * 7919 + bit * bit * 31) % 5 == 0 ? "c" : (i + bit * i) % 3 == 0 ? "b" : "a";
    texts.push_back(text);
  }
  std::vector<std::vector<std::int32_t>> alone;
  for (const auto& text : texts) alone.push_back(ids(*tokenizer, text));
  std::vector<std::vector<std::vector<std::int32_t>>> together(4);
  std::vector<std::thread> threads;
  for (auto& mine : together) {
    threads.emplace_back([&] {
      for (const auto& text : texts) mine.push_back(ids(*tokenizer, text));
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& mine : together) EXPECT_EQ(mine, alone);
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

/// Merges the pair of the lowest rank, the leftmost among equals, until none is left.
std::vector<std::string> mergedOneByOne(std::vector<std::string> symbols,
                                        const std::vector<std::pair<std::string, std::string>>& merges) {
  for (;;) {
    std::size_t best = merges.size();
    std::size_t place = 0;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const auto rank =
          static_cast<std::size_t>(std::ranges::find(merges, std::pair(symbols[i], symbols[i + 1])) - merges.begin());
      if (rank < best) {
        best = rank;
        place = i;
      }
    }
    if (best == merges.size()) return symbols;
    symbols[place] += symbols[place + 1];
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
}

TEST(TokenizerTest, LongWordsAreMergedInTheSameOrder) {
  // A merge of a low rank needs one of a high rank, so pairs come up out of order.
  const std::vector<std::pair<std::string, std::string>> merges = {{"ab", "a"}, {"aba", "b"}, {"b", "b"},  {"bb", "ab"},
                                                                   {"a", "a"},  {"a", "b"},   {"aa", "aa"}};
  Json json = Json::parse(R"({"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []}})");
  auto& vocabulary = json["model"]["vocab"];
  for (const auto& [left, right] : merges) {
    json["model"]["merges"].push_back({left, right});
    vocabulary[left + right] = static_cast<unsigned>(vocabulary.size());
  }
  const auto tokenizer = Tokenizer::fromJson(json, "t.json");
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  std::minstd_rand random(1);
  for (int round = 0; round < 8; ++round) {
    std::string text;
    std::vector<std::string> symbols;
    while (text.size() < 700) {
      symbols.emplace_back(1, random() % 3 == 0 ? 'b' : 'a');
      text += symbols.back();
    }
    std::vector<std::int32_t> wanted;
    for (const auto& token : mergedOneByOne(symbols, merges)) wanted.push_back(vocabulary[token].get<std::int32_t>());
    EXPECT_EQ(ids(*tokenizer, text), wanted) << text;
  }
}

/// Byte pair encoding of whole texts with a token for every byte, as SentencePiece models have it.
Json byteFallbackBpe(const std::vector<std::pair<std::string, std::string>>& merges) {
  Json json = Json::parse(R"({"model": {"type": "BPE", "vocab": {"<unk>": 0}, "unk_token": "<unk>", "fuse_unk": true,
    "byte_fallback": true, "merges": []}, "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "_"}})");
  auto& vocabulary = json["model"]["vocab"];
  const auto add = [&vocabulary](const std::string& token) {
    if (!vocabulary.contains(token)) vocabulary[token] = vocabulary.size();
  };
  for (int byte = 0; byte < 256; ++byte) add(fmt::format("<0x{:02X}>", byte));
  for (const char* letter : {"a", "b", "c", "_"}) add(letter);
  for (const auto& [left, right] : merges) {
    for (const auto& token : {left, right, left + right}) add(token);
    json["model"]["merges"].push_back({left, right});
  }
  return json;
}

/// The tokens of a text that is cut in parts at line breaks wherever the tokenizer allows it, and how often it does.
std::pair<std::vector<std::int32_t>, int> idsInParts(const Tokenizer& tokenizer, const std::string& text) {
  std::vector<std::int32_t> result;
  int parts = 0;
  const bool between = tokenizer.seam() == Seam::BetweenWords;
  for (std::size_t begin = 0, line = 0; begin < text.size(); ++line) {
    line = std::min(text.find('\n', line), text.size());
    const auto end = between ? line : std::min(line + 1, text.size());
    if (end == begin) continue;
    const auto shown = between ? begin : 0;
    const auto part = tokenizer.encodePart(std::string_view(text).substr(begin - shown), shown, end - begin + shown);
    if (!part) {
      EXPECT_LT(end, text.size());
      continue;
    }
    for (const auto& token : *part) result.push_back(token.id);
    begin = end;
    ++parts;
  }
  return {result, parts};
}

TEST(TokenizerTest, TextsAreDividedWhereNoMergeJoinsThem) {
  auto plain = byteFallbackBpe({{"a", "b"}, {"_", "a"}, {"_a", "b"}, {"ab", "c"}, {"_", "_"}});
  auto joining = byteFallbackBpe({{"a", "b"}, {"\n", "a"}, {"c", "\n"}, {"c\n", "\na"}});
  auto lines = plain;
  for (const char* breaks : {"\n", "\n\n"}) {
    lines["added_tokens"].push_back({{"id", lines["model"]["vocab"].size() + lines["added_tokens"].size()},
                                     {"content", breaks},
                                     {"normalized", false},
                                     {"special", false}});
  }
  std::mt19937 random(3);
  std::string text;
  const char* const words[] = {"ab", "abc", " ", "c", "\xC3\xA9", "\n", "\n", "a", "  "};
  while (text.size() < 4000) text += words[random() % std::size(words)];
  for (const auto& [json, seam, fewest] : {std::tuple{plain, Seam::BetweenWords, 500},
                                           {joining, Seam::BetweenWords, 100},
                                           {lines, Seam::BehindBreak, 400}}) {
    const auto tokenizer = Tokenizer::fromJson(json, "t.json");
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_EQ(tokenizer->seam(), seam);
    const auto [parts, count] = idsInParts(*tokenizer, text);
    EXPECT_EQ(parts, ids(*tokenizer, text));
    EXPECT_GT(count, fewest);
  }
  // A character that no byte stands for waits for the next one.
  plain["model"]["byte_fallback"] = false;
  EXPECT_EQ(Tokenizer::fromJson(plain, "t.json")->seam(), Seam::None);
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
  json["normalizer"] = Json{{"type", "Cyrillic"}};
  EXPECT_NE(failure(json).find("Cyrillic"), std::string::npos);
  json = tinyBpe();
  json["pre_tokenizer"] = Json{{"type", "Split"}, {"pattern", {{"Regex", "(("}}}, {"behavior", "Isolated"}};
  EXPECT_NE(failure(json).find("(("), std::string::npos);
  json = tinyUnigram();
  json["model"]["unk_id"] = 9U;
  EXPECT_NE(failure(json).find("model.unk_id is 9, but model.vocab holds 7 pieces"), std::string::npos);
  json["model"]["unk_id"] = nullptr;
  EXPECT_NE(failure(json).find("model.unk_id must be"), std::string::npos);
  json = tinyUnigram();
  json["model"]["vocab"][3] = {"x", "y"};
  EXPECT_NE(failure(json).find("model.vocab[3] must be [piece, log-probability]"), std::string::npos);
  json["model"]["type"] = "BPE";
  EXPECT_NE(failure(json).find("must map tokens to ids in a BPE model"), std::string::npos);
  json = tinyBpe();
  const auto refuses = [](const char* part, const Json& value, const char* words) {
    auto changed = tinyBpe();
    changed[part] = value;
    EXPECT_NE(failure(changed).find(words), std::string::npos) << value << ": " << failure(changed);
  };
  const auto regex = [](const std::string& expression) {
    return Json{{"type", "Split"}, {"pattern", {{"Regex", expression}}}, {"behavior", "Isolated"}};
  };
  refuses("pre_tokenizer", regex("[a"), "\"[a\" cannot be read: a class has no end");
  refuses("pre_tokenizer", regex(std::string(30, '[') + "a" + std::string(30, ']')), "inside too many others");
  refuses("pre_tokenizer", {{"type", "FixedLength"}, {"length", 0U}}, "pre_tokenizer.length must be at least 1");
  refuses("pre_tokenizer", {{"type", "CharDelimiterSplit"}, {"delimiter", "ab"}}, "must be one character");
  refuses("decoder", {{"type", "Strip"}, {"content", ""}}, "decoder.content must be one character");
  for (const char* map : {"", "no base64", "AAAA", "CAAAAAAA", "/////w=="}) {
    json["normalizer"] = Json{{"type", "Precompiled"}, {"precompiled_charsmap", map}};
    EXPECT_NE(failure(json).find("normalizer.precompiled_charsmap"), std::string::npos) << map;
  }
}

TEST(TokenizerTest, UnigramTakesTheLikeliestPiecesAndFusesWhatIsUnknown) {
  const auto tokenizer = Tokenizer::fromJson(tinyUnigram(), "t.json");
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  EXPECT_EQ(ids(*tokenizer, "abc"), (std::vector<std::int32_t>{4, 3})) << "-3 against -3.5 and -6";
  EXPECT_EQ(ids(*tokenizer,
                "aXé\xE4\xB8\xAD"
                "b"),
            (std::vector<std::int32_t>{1, 0, 2}));
  EXPECT_EQ(ids(*tokenizer, "<unk>X"), (std::vector<std::int32_t>{0})) << "the unknown token, written out, is unknown";
  auto json = tinyUnigram();
  json["model"]["byte_fallback"] = true;
  json["model"]["vocab"].push_back({"<0xC3>", -9});
  json["model"]["vocab"].push_back({"<0xA9>", -9});
  const auto bytes = Tokenizer::fromJson(json, "t.json");
  ASSERT_TRUE(bytes);
  const auto tokens = bytes->encode("aéb").tokens;
  ASSERT_EQ(tokens.size(), 4U);
  EXPECT_EQ(tokens[1].id, 7);
  EXPECT_EQ(tokens[2].id, 8);
  EXPECT_EQ(tokens[2].begin, 1);
  EXPECT_EQ(tokens[2].end, 2);
  EXPECT_EQ(ids(*bytes, "ñ"), (std::vector<std::int32_t>{0})) << "one of its bytes has no token";
}

TEST(TokenizerTest, BytesWithoutATokenOfTheirOwnAreUnknown) {
  auto json = tinyBpe();
  json["model"]["byte_fallback"] = true;
  json["model"]["vocab"]["<0x21>"] = 6U;
  const auto tokenizer = Tokenizer::fromJson(json, "t.json");
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  EXPECT_EQ(ids(*tokenizer, "a!?b"), (std::vector<std::int32_t>{0, 6, 4, 1}));
  EXPECT_EQ(ids(*tokenizer, "a?!b"), (std::vector<std::int32_t>{0, 6, 4, 1})) << "as the reference library has it";
}

TEST(TokenizerTest, AnAddedTokenIsNoTokenOfTheModel) {
  auto json = tinyBpe();
  json["added_tokens"][0] = {{"id", 5U}, {"content", "c"}, {"single_word", true}, {"normalized", false}};
  const auto tokenizer = Tokenizer::fromJson(json, "t.json");
  ASSERT_TRUE(tokenizer);
  EXPECT_EQ(ids(*tokenizer, "c"), (std::vector<std::int32_t>{5}));
  EXPECT_EQ(ids(*tokenizer, "ac"), (std::vector<std::int32_t>{0, 4}));
}

TEST(TokenizerTest, AddedTokensBearTheIdsThatTheLibraryCounts) {
  auto json = tinyBpe();
  json["added_tokens"] = {
      {{"id", 9U}, {"content", "<x>"}}, {{"id", 8U}, {"content", "ab"}}, {{"id", 5U}, {"content", "<y>"}}};
  const auto tokenizer = Tokenizer::fromJson(json, "t.json");
  ASSERT_TRUE(tokenizer);
  EXPECT_EQ(ids(*tokenizer, "<x>ab<y>"), (std::vector<std::int32_t>{5, 2, 6}));
}

TEST(TokenizerTest, EmptyMatchesCutAndInsert) {
  auto json = tinyBpe();
  json["pre_tokenizer"] = Json{{"type", "Split"}, {"pattern", {{"Regex", "(?=b)"}}}, {"behavior", "Isolated"}};
  EXPECT_EQ(ids(*Tokenizer::fromJson(json, "t.json"), "abab"), (std::vector<std::int32_t>{0, 1, 0, 1}));
  json = tinyBpe();
  json["normalizer"] = Json{{"type", "Replace"}, {"pattern", {{"Regex", "^"}}}, {"content", "a"}};
  const auto tokens = Tokenizer::fromJson(json, "t.json")->encode("bb").tokens;
  ASSERT_EQ(tokens.size(), 2U);
  EXPECT_EQ(tokens[0].id, 2);
  EXPECT_EQ(tokens[0].begin, 0);
  EXPECT_EQ(tokens[0].end, 1);
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
