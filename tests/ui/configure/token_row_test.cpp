// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/token_row.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rosa::ui {
namespace {

PreviewRow rowOf(const std::string& text, const std::vector<std::string>& pieces) {
  PreviewRow row;
  row.text = text;
  for (const std::string& piece : pieces) {
    PreviewToken token;
    token.text = piece;
    token.id = static_cast<std::int32_t>(row.tokens.size()) + 100;
    row.tokens.push_back(token);
  }
  return row;
}

/// The part of the text that each token is.
std::vector<std::string> parts(const TokenRow& row) {
  std::vector<std::string> parts;
  for (const ShownToken& token : row.tokens()) {
    parts.push_back(row.text().mid(token.begin, token.end - token.begin).toStdString());
  }
  return parts;
}

using Texts = std::vector<std::string>;

TEST(TokenRow, RolesAreWhatTrainingDoes) {
  PreviewRow row = rowOf("abcd", {"a", "b", "c", "d"});
  row.tokens[1].counts = true;
  row.tokens[2].counts = row.tokens[2].endsTurn = true;
  row.tokens[3].cut = true;
  const TokenRow shown(row);
  EXPECT_EQ(shown.tokens()[0].role, TokenRole::Read);
  EXPECT_EQ(shown.tokens()[1].role, TokenRole::Counts);
  EXPECT_FALSE(shown.tokens()[1].endsTurn);
  EXPECT_EQ(shown.tokens()[2].role, TokenRole::Counts);
  EXPECT_TRUE(shown.tokens()[2].endsTurn);
  EXPECT_EQ(shown.tokens()[3].role, TokenRole::Cut);
  EXPECT_EQ(shown.tokens()[3].id, 103);
}

TEST(TokenRow, WhatCannotBeSeenHasASign) {
  const TokenRow row(rowOf("a\n\n\t\x01", {"a", "\n\n", "\t", "\x01", ""}));
  EXPECT_EQ(row.tokens()[1].text, QStringLiteral("↵↵"));
  EXPECT_TRUE(row.tokens()[1].breaksLine);
  EXPECT_FALSE(row.tokens()[0].breaksLine);
  EXPECT_EQ(row.tokens()[2].text, QStringLiteral("⇥"));
  EXPECT_EQ(row.tokens()[3].text, QStringLiteral("␁"));
  EXPECT_EQ(row.tokens()[4].text, QStringLiteral("⟨104⟩"));
}

TEST(TokenRow, TokensAreFoundInTheText) {
  EXPECT_EQ(parts(TokenRow(rowOf("The pub", {"The", " p", "ub"}))), (Texts{"The", " p", "ub"}));
  // SentencePiece's tokens lose their space when they are read alone.
  EXPECT_EQ(parts(TokenRow(rowOf("The pub", {"The", "p", "ub"}))), (Texts{"The", "p", "ub"}));
  // Two tokens that make one character.
  EXPECT_EQ(parts(TokenRow(rowOf("Café!", {"Caf", "\uFFFD", "\uFFFD", "!"}))), (Texts{"Caf", "é", "é", "!"}));
  EXPECT_EQ(parts(TokenRow(rowOf("né", {"n", "\uFFFD", "\uFFFD"}))), (Texts{"n", "é", "é"}));
}

TEST(TokenRow, ATokenThatIsNotInTheTextLeavesTheOthersInTheirPlaces) {
  EXPECT_EQ(parts(TokenRow(rowOf("one two", {"<s>", "one", " two"}))), (Texts{"", "one", " two"}));
}

TEST(TokenRow, ASearchFindsTokensAcrossTheirEdges) {
  const TokenRow row(rowOf("The pub near the Pub", {"The", " p", "ub", " near", " the", " P", "ub"}));
  EXPECT_EQ(row.tokensWith(QStringLiteral("pub")), (QList<qsizetype>{1, 2, 5, 6}));
  EXPECT_EQ(row.tokensWith(QStringLiteral("the p")), (QList<qsizetype>{0, 1, 4, 5}));
  EXPECT_EQ(row.tokensWith(QStringLiteral("xyz")), QList<qsizetype>());
  EXPECT_EQ(row.tokensWith(QString()), QList<qsizetype>());
}

TEST(TokenRow, ATokenWithSeveralFindsIsToldOnce) {
  const TokenRow row(rowOf("aaaa b", {"aaaa", " b"}));
  EXPECT_EQ(row.tokensWith(QStringLiteral("a")), QList<qsizetype>{0});
}

}  // namespace
}  // namespace rosa::ui
