// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/newer_characters.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

namespace rosa::text {
namespace {

TEST(NewerCharacters, AllOthersAreThemselves) {
  for (const char32_t c : {U'a', char32_t{0x896}, char32_t{0x898}, U'你', char32_t{0xD7FF}, char32_t{0x1FFFF},
                           char32_t{0x323B0}, char32_t{0x10FFFF}}) {
    EXPECT_EQ(asKnownToPcre(c), c) << static_cast<std::uint32_t>(c);
  }
}

/// The pieces that a pattern cuts a text in, one a token of an empty vocabulary: [begin, end) in code points.
std::vector<std::pair<int, int>> pieces(const char* regex, const std::u32string& text) {
  auto json = base::Json::parse(R"({"model": {"type": "WordLevel", "vocab": {"?": 0}, "unk_token": "?"},
    "pre_tokenizer": {"type": "Split", "pattern": {"Regex": ""}, "behavior": "Isolated", "invert": false}})");
  json["pre_tokenizer"]["pattern"]["Regex"] = regex;
  const auto tokenizer = Tokenizer::fromJson(json, "test");
  EXPECT_TRUE(tokenizer) << tokenizer.error().message;
  std::vector<std::pair<int, int>> found;
  for (const auto& token : tokenizer->encode(toUtf8(text)).tokens) found.emplace_back(token.begin, token.end);
  return found;
}

// As tokenizers 0.23.3 cuts them.
TEST(NewerCharacters, APatternKnowsTheirCategories) {
  using Pieces = std::vector<std::pair<int, int>>;
  const std::pair<const char*, char32_t> examples[] = {
      {"\\p{Lo}", 0x31350}, {"\\p{Lo}", 0x2EBF0}, {"\\p{Han}", 0x323AF}, {"\\p{Lo}", 0x13460},
      {"\\p{Lu}", 0x1C89},  {"\\p{Ll}", 0x1C8A},  {"\\p{Mn}", 0x897},    {"\\p{Nd}", 0x1E4F0},
      {"\\p{So}", 0x1F6DC}, {"\\p{Mc}", 0xCF3},   {"\\p{Lm}", 0x1E030},  {"\\p{Po}", 0x11F43},
      {"\\p{Cf}", 0x1343F}, {"\\p{No}", 0x1D2C0}, {"\\p{Sm}", 0x10D8E},  {"\\p{Pd}", 0x10D6E},
  };
  for (const auto& [regex, character] : examples) {
    EXPECT_EQ(pieces(regex, {U'\t', character, U'\t'}), (Pieces{{0, 1}, {1, 2}, {2, 3}}))
        << regex << " " << static_cast<std::uint32_t>(character);
  }
}

}  // namespace
}  // namespace rosa::text
