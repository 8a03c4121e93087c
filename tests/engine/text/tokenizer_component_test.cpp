// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "support/golden.h"
#include "text/tokenizer.h"

/// Each component of tokenizer.json by itself against what the tokenizers library made of the same texts
/// (tests/golden/tokenizers-small).
namespace rosa::text {
namespace {

using base::Json;

void compare(const Tokenizer& tokenizer, const Json& row, const std::string& what) {
  const auto encoding = tokenizer.encode(row["text"].get<std::string>());
  std::vector<std::int32_t> ids, offsets;
  for (const auto& token : encoding.tokens) {
    ids.push_back(token.id);
    offsets.insert(offsets.end(), {token.begin, token.end});
  }
  EXPECT_EQ(ids, row["ids"].get<std::vector<std::int32_t>>()) << what;
  EXPECT_EQ(offsets, row["offsets"].get<std::vector<std::int32_t>>()) << what;
  if (!row.contains("decoded")) return;
  EXPECT_EQ(tokenizer.decode(ids, false), row["decoded"][0].get<std::string>()) << what;
  EXPECT_EQ(tokenizer.decode(ids, true), row["decoded"][1].get<std::string>()) << what;
}

TEST(TokenizerComponents, AreEqualToTheLibrary) {
  std::ifstream in(test::sourceDirectory() / "tests" / "golden" / "tokenizers-small" / "vectors.jsonl");
  int cases = 0;
  for (std::string line; std::getline(in, line); ++cases) {
    const auto json = base::parseJson(line, "vectors.jsonl");
    ASSERT_TRUE(json) << json.error().message;
    auto shown = (*json)["tokenizer"];
    const auto tokenizer = Tokenizer::fromJson(shown, "the tokenizer");
    shown["model"].erase("vocab");
    shown["model"].erase("merges");
    ASSERT_TRUE(tokenizer) << tokenizer.error().message << shown;
    for (const auto& row : (*json)["rows"]) compare(*tokenizer, row, shown.dump() + " " + row["text"].dump());
  }
  EXPECT_GT(cases, 80);
}

}  // namespace
}  // namespace rosa::text
