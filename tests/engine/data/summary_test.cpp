// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/summary.h"

#include <gtest/gtest.h>

#include "temporary_folder.h"

namespace rosa::data {
namespace {

class SummaryTest : public testing::Test {
 protected:
  DataSummary of(std::string_view name, std::string_view content) {
    auto summary = summarise(folder_.write(name, content), 2);
    EXPECT_EQ(messageOf(summary), "");
    return summary ? *std::move(summary) : DataSummary();
  }
  TemporaryFolder folder_;
};

TEST_F(SummaryTest, CountsRowsAndShowsTheFirst) {
  const auto summary = of("a.csv", "mr,ref\na,b\nc,\"d\ne\"\nf,g\n");
  EXPECT_EQ(summary.format, "CSV");
  EXPECT_EQ(summary.rows, 3);
  EXPECT_EQ(summary.columns, (std::vector<std::string>{"mr", "ref"}));
  EXPECT_EQ(summary.preview, (std::vector<std::vector<std::string>>{{"a", "b"}, {"c", "d\ne"}}));
  EXPECT_EQ(summary.suggestedTask, "completion");
  EXPECT_EQ(summary.suggestedPrompt, "mr");
  EXPECT_EQ(summary.suggestedCompletion, "ref");
}

TEST_F(SummaryTest, KnowsTheShapesOfGlueTasks) {
  const auto mrpc = of("a.tsv", "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t7\t8\tHe said \"x .\tShe said\n");
  EXPECT_EQ(mrpc.suggestedTask, "classification");
  EXPECT_EQ(mrpc.suggestedText, "#1 String");
  EXPECT_EQ(mrpc.suggestedTextPair, "#2 String");
  EXPECT_EQ(mrpc.suggestedLabel, "Quality");
  const auto stsb = of("b.tsv", "index\tsentence1\tsentence2\tscore\n0\tA plane\tAn air plane\t5.000\n1\ta\tb\t3\n");
  EXPECT_EQ(stsb.suggestedTask, "regression");
  EXPECT_EQ(stsb.suggestedLabel, "score");
  const auto cola = of("c.tsv",
                       "gj04\t1\t\tOur friends won't buy this.\ngj04\t0\t*\tOne more pseudo one.\n"
                       "gj04\t1\t\tThe more we study verbs.\nbc01\t0\t*\tFred watered the plants flat.\n");
  EXPECT_FALSE(cola.hasHeader);
  EXPECT_EQ(cola.rows, 4);
  EXPECT_EQ(cola.columns, (std::vector<std::string>{"1", "2", "3", "4"}));
  EXPECT_EQ(cola.suggestedTask, "classification");
  EXPECT_EQ(cola.suggestedText, "4");
  EXPECT_EQ(cola.suggestedLabel, "2");
}

TEST_F(SummaryTest, ShowsHowTheFileIsRead) {
  EXPECT_TRUE(of("a.csv", "text,label\na b c,1\n").quotes);
  EXPECT_FALSE(of("a.tsv", "text\tlabel\na \"b\" c\t1\n").quotes);
  const auto file = folder_.write("b.tsv", "text\tlabel\n\"a\"\"b\"\"\"\t1\n");
  auto summary = summarise(file, 2);
  ASSERT_TRUE(summary);
  EXPECT_TRUE(summary->quotes);
  EXPECT_EQ(summary->preview[0][0], "a\"b\"");
  summary = summarise(file, 2, {Reading::No, Reading::No});
  ASSERT_TRUE(summary);
  EXPECT_FALSE(summary->quotes);
  EXPECT_FALSE(summary->hasHeader);
  EXPECT_EQ(summary->columns, (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(summary->preview[1][0], "\"a\"\"b\"\"\"");
  EXPECT_TRUE(summarise(folder_.write("c.csv", "1,2\n3,4\n"), 2, {Reading::Yes, Reading::Auto})->hasHeader);
}

TEST_F(SummaryTest, ColumnsWithoutANameAreCalledAsPandasCallsThem) {
  const auto summary = of("a.csv", ",text,label,\n0,a b,1,\n1,c d,0,\n");
  EXPECT_EQ(summary.columns, (std::vector<std::string>{"Unnamed: 0", "text", "label", "Unnamed: 3"}));
  EXPECT_EQ(summary.suggestedText, "text");
  EXPECT_EQ(summary.suggestedLabel, "label");
}

TEST_F(SummaryTest, GuessesFromTheTextsWhereNamesSayNothing) {
  std::string content = "utterance,kind\n";
  for (int i = 0; i < 4; ++i) content += "please turn on light " + std::to_string(i) + (i % 2 ? ",on\n" : ",off\n");
  const auto summary = of("a.csv", content);
  EXPECT_TRUE(summary.hasHeader);
  EXPECT_EQ(summary.suggestedTask, "classification");
  EXPECT_EQ(summary.suggestedText, "utterance");
  EXPECT_EQ(summary.suggestedLabel, "kind");
  EXPECT_EQ(of("b.csv", "x,y\n1,2\n").suggestedTask, "");
  EXPECT_EQ(of("c.jsonl", "{\"messages\":[{\"role\":\"user\"}]}\n").suggestedTask, "lm");
}

TEST_F(SummaryTest, ConversationsAreForLanguageModelling) {
  const auto summary = of("a.jsonl", "{\"instruction\":\"Do\",\"input\":\"\",\"output\":\"done\"}\n");
  EXPECT_EQ(summary.format, "JSONL");
  // As a prompt and a completion they would lose their inputs.
  EXPECT_EQ(summary.suggestedTask, "lm");
  EXPECT_EQ(summary.suggestedText, "");
  const auto both = of("b.jsonl", "{\"text\":\"a\",\"messages\":[{\"role\":\"user\"}]}\n");
  EXPECT_EQ(both.suggestedTask, "lm");
  EXPECT_EQ(both.suggestedText, "messages");
}

TEST_F(SummaryTest, TextIsForLanguageModelling) {
  const auto text = of("a.txt", "one\ntwo\nthree");
  EXPECT_EQ(text.format, "text");
  EXPECT_EQ(text.rows, 3);
  EXPECT_EQ(text.preview.size(), 2U);
  EXPECT_EQ(text.suggestedTask, "lm");
  EXPECT_EQ(of("a.csv", "text\nsome words here\n").suggestedTask, "lm");
}

TEST_F(SummaryTest, JsonLinesRowsArePaddedToAllColumns) {
  const auto summary = of("a.jsonl", "{\"a\":\"x\"}\n{\"b\":\"y\"}\n");
  EXPECT_EQ(summary.preview, (std::vector<std::vector<std::string>>{{"x", ""}, {"", "y"}}));
}

TEST_F(SummaryTest, LongTextsAreCutBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 999; ++i) text += "é";
  const auto summary = of("a.csv", "text\n" + text + "\n");
  EXPECT_EQ(summary.preview[0][0].size(), 1000 + std::string_view("…").size());
}

TEST_F(SummaryTest, AFolderCountsBothParts) {
  folder_.write("dev.csv", "text\na\nb\n");
  folder_.write("train.csv", "text\na\nb\nc\n");
  const auto summary = summarise(folder_.path());
  ASSERT_TRUE(summary) << messageOf(summary);
  EXPECT_EQ(summary->format, "folder");
  EXPECT_EQ(summary->path, folder_.path());
  EXPECT_EQ(summary->rows, 3);
  EXPECT_EQ(summary->validationRows, 2);
  EXPECT_EQ(summary->validationFile, folder_.path() / "dev.csv");
}

TEST_F(SummaryTest, AFaultAnywhereInAFileIsFound) {
  std::string content = "text,label\n";
  for (int i = 0; i < 5000; ++i) content += "a,1\n";
  EXPECT_TRUE(contains(messageOf(summarise(folder_.write("a.csv", content + "b\n"))), "Line 5002 of "));
  EXPECT_TRUE(contains(messageOf(summarise(folder_.write("b.csv", "text,text\na,b\n"))), "two columns the name"));
}

}  // namespace
}  // namespace rosa::data
