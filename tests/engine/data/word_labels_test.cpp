// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/word_labels.h"

#include <gtest/gtest.h>

namespace rosa::data {
namespace {

using Words = std::vector<std::string>;
using Places = std::vector<std::int64_t>;

TEST(WordLabels, AreListsOrPartedByBlanks) {
  EXPECT_EQ(wordsOfCell(R"(["EU", "rejects", 7, true])").value(), (Words{"EU", "rejects", "7", "true"}));
  EXPECT_EQ(wordsOfCell(" B-ORG  O\tO\n").value(), (Words{"B-ORG", "O", "O"}));
  EXPECT_TRUE(wordsOfCell("[]").value().empty());
  EXPECT_TRUE(wordsOfCell("").value().empty());
  EXPECT_EQ(wordsOfCell("['EU']").error().message, "is no whole list");
  EXPECT_EQ(wordsOfCell("[null]").error().message, "holds null where a word is expected");
  EXPECT_EQ(wordsOfCell("[[1]]").error().message, "holds a list or an object where a word is expected");
}

TEST(WordLabels, JoinedWordsKnowTheirEndsInCodePoints) {
  const auto joined = joinWords({"naïve", "New York", "x"});
  EXPECT_EQ(joined.text, "naïve New York x");
  EXPECT_EQ(joined.ends, (Places{5, 14, 16}));
}

TEST(WordLabels, TheFirstTokenOfAWordStandsForIt) {
  // [CLS] na ##ï ##ve New York x [SEP]
  const auto joined = joinWords({"naïve", "New York", "x"});
  EXPECT_EQ(firstTokens({0, 2, 3, 5, 9, 14, 16, 0}, joined), (Places{-1, 0, -1, -1, 1, -1, 2, -1}));
  // A blank of its own before a word is no token of it; a cut text loses words.
  EXPECT_EQ(firstTokens({5, 6, 9}, joined), (Places{0, -1, 1}));
  // A word without a token: the next is not taken for it.
  EXPECT_EQ(firstTokens({5, 16}, joined), (Places{0, 2}));
  EXPECT_EQ(firstTokens({}, joined), Places{});
}

}  // namespace
}  // namespace rosa::data
