// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/completion.h"

#include <gtest/gtest.h>

namespace rosa::data {
namespace {

TEST(CompletionTest, OneSpaceSeparatesUnlessTheCompletionBeginsWhite) {
  EXPECT_EQ(joinCompletion("a", std::nullopt, "b").text, "a b");
  EXPECT_EQ(joinCompletion("a", std::nullopt, " b").text, "a b");
  EXPECT_EQ(joinCompletion("a", std::nullopt, "\nb").text, "a\nb");
  EXPECT_EQ(joinCompletion("a", std::nullopt, "").text, "a ");
  EXPECT_EQ(joinCompletion("a", "", "b").text, "ab");
  EXPECT_EQ(joinCompletion("a", "\nAnswer: ", "b").text, "a\nAnswer: b");
}

TEST(CompletionTest, SpacesAtTheBorderBelongToTheCompletion) {
  EXPECT_EQ(joinCompletion("né", std::nullopt, "b").promptCodePoints, 2);
  EXPECT_EQ(joinCompletion("né", std::nullopt, " b").promptCodePoints, 2);
  EXPECT_EQ(joinCompletion("né", "\n> ", "b").promptCodePoints, 4);
  EXPECT_EQ(joinCompletion("né", "\n", "b").promptCodePoints, 3);
  EXPECT_EQ(joinCompletion("né ", std::nullopt, "b").promptCodePoints, 2);
}

TEST(CompletionTest, GeneratesFromWhatTrainingTookForThePrompt) {
  for (const std::optional<std::string>& separator : {std::optional<std::string>(), {""}, {"\n"}, {" => "}}) {
    const auto joined = joinCompletion("Füße", separator, "b");
    EXPECT_TRUE(joined.text.starts_with(generationPrompt("Füße", separator)));
    EXPECT_EQ(joinCompletion(generationPrompt("Füße", separator), "", "x").promptCodePoints, joined.promptCodePoints);
  }
}

TEST(CompletionTest, ATokenAcrossTheBorderCountsAsCompletion) {
  EncodedText encoded;
  encoded.ids = {1, 5, 6, 7};
  encoded.ends = {0, 2, 4, 6};
  EXPECT_EQ(promptTokens(encoded, 4), 3);
  EXPECT_EQ(promptTokens(encoded, 3), 2);
  EXPECT_EQ(promptTokens(encoded, 0), 1);
  EXPECT_EQ(promptTokens(encoded, 6), 4);
}

}  // namespace
}  // namespace rosa::data
