// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/preview_facts.h"

#include <gtest/gtest.h>

#include <string>

namespace rosa::ui {
namespace {

DataSummary reviews() {
  DataSummary summary;
  summary.columns = {"text", "label"};
  summary.preview = {{"Good pub", "yes"}, {"Bad pub", "no"}, {"Good pub", "yes"}, {" ", "no"}, {"Fine", "yes"}};
  return summary;
}

std::string facts(const DataSummary& summary, const std::string& label = {}) {
  return previewFacts(summary, label).toStdString();
}

TEST(PreviewFacts, TellOfEmptyCellsRowsThatComeAgainAndClasses) {
  EXPECT_EQ(facts(reviews(), "label"), "In the first 5 rows: 1 empty cell · 1 repeated row · 3 × yes, 2 × no");
  EXPECT_EQ(facts(reviews()), "In the first 5 rows: 1 empty cell · 1 repeated row");
}

TEST(PreviewFacts, NothingIsSaidOfOrdinaryRows) {
  DataSummary summary = reviews();
  summary.preview = {{"Good pub", "yes"}, {"Bad pub", "no"}};
  EXPECT_EQ(facts(summary), "");
  EXPECT_EQ(facts(DataSummary(), "label"), "");
}

TEST(PreviewFacts, TextsThatOnlyBeginAlikeAreNotTheSame) {
  DataSummary summary = reviews();
  summary.preview = {{"Once upon a time …", "a"}, {"Once upon a time …", "a"}};
  EXPECT_EQ(facts(summary), "");
}

TEST(PreviewFacts, ManyClassesAreCounted) {
  DataSummary summary;
  summary.columns = {"text", "label"};
  for (int i = 0; i < 9; ++i) summary.preview.push_back({"text " + std::to_string(i), std::to_string(i)});
  EXPECT_EQ(facts(summary, "label"), "In the first 9 rows: 9 classes");
}

}  // namespace
}  // namespace rosa::ui
