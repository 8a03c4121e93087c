// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/e2e_data.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "support/golden.h"
#include "support/process.h"

namespace rosa::experiment {
namespace {

namespace fs = std::filesystem;

class E2eData : public testing::Test {
 protected:
  void write(const char* name, const std::string& text) const { std::ofstream(folder_.path() / name) << text; }

  test::TemporaryFolder folder_;
};

TEST_F(E2eData, OfficialFilesGiveRowsInTheirOrder) {
  write("testset_w_refs.csv", "\"mr\",\"ref\"\n\"name[A], area[b]\",\"A is in b.\"\nname[C],C\n");
  const auto texts = readE2e(folder_.path(), E2ePart::Test);
  ASSERT_TRUE(texts) << texts.error().message;
  ASSERT_EQ(texts->size(), 2U);
  EXPECT_EQ(texts->front().prompt, "name[A], area[b]");
  EXPECT_EQ(texts->front().text, "A is in b.");
}

TEST_F(E2eData, LinearisedLinesAreCutAtTheirBorder) {
  write("train.txt", "name : A | area : b||A is in b . \n");
  const auto texts = readE2e(folder_.path(), E2ePart::Train);
  ASSERT_TRUE(texts) << texts.error().message;
  ASSERT_EQ(texts->size(), 1U);
  EXPECT_EQ(texts->front().prompt, "name : A | area : b");
  EXPECT_EQ(texts->front().text, "A is in b .");
}

TEST_F(E2eData, WhatIsMissingOrNoExampleIsNamed) {
  const auto none = readE2e(folder_.path(), E2ePart::Development);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("devset.csv"), std::string::npos) << none.error().message;
  write("valid.txt", "a||b\nno border\n");
  const auto wrong = readE2e(folder_.path(), E2ePart::Development);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("Line 2"), std::string::npos) << wrong.error().message;
  write("valid.txt", "");
  EXPECT_FALSE(readE2e(folder_.path(), E2ePart::Development));
}

TEST_F(E2eData, FilesForTrainingGoWithTheirObject) {
  fs::path train;
  {
    auto files = CompletionFiles::write({{"a \"quoted\" prompt", "two\nlines"}}, {{"p", "t"}});
    ASSERT_TRUE(files) << files.error().message;
    const auto moved = *std::move(files);
    train = moved.train();
    std::ifstream in(train);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}),
              "{\"prompt\":\"a \\\"quoted\\\" prompt\",\"completion\":\"two\\nlines\"}\n");
    EXPECT_TRUE(fs::exists(moved.valid()));
  }
  EXPECT_FALSE(fs::exists(train.parent_path()));
}

TEST(E2eGroups, HoldAllTextsOfAPromptWhereverTheyStand) {
  const auto groups = groupByPrompt({{"a", "1"}, {"b", "2"}, {"a", "3"}});
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].prompt, "a");
  EXPECT_EQ(groups[0].texts, (std::vector<std::string>{"1", "3"}));
}

TEST(SpreadEvenly, TakesAsManyAsWantedOverTheWholeLength) {
  EXPECT_EQ(spreadEvenly(9, 3), (std::vector<std::size_t>{0, 3, 6}));
  EXPECT_EQ(spreadEvenly(3, 0), (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ(spreadEvenly(2, 5), (std::vector<std::size_t>{0, 1}));
  EXPECT_TRUE(spreadEvenly(0, 5).empty());
}

/// The counts that the released files are known to have.
TEST(E2eRelease, HasItsRowsAndPrompts) {
  const auto official = test::dataDirectory() / "e2e" / "official";
  if (!fs::exists(official)) GTEST_SKIP() << "no folder " << official;
  const auto train = readE2e(official, E2ePart::Train);
  ASSERT_TRUE(train) << train.error().message;
  EXPECT_EQ(train->size(), 42061U);
  EXPECT_EQ(groupByPrompt(*train).size(), 4862U);
  for (const char* form : {"official", "lora-format"}) {
    const auto test = readE2e(test::dataDirectory() / "e2e" / form, E2ePart::Test);
    ASSERT_TRUE(test) << test.error().message;
    EXPECT_EQ(test->size(), 4693U);
    EXPECT_EQ(groupByPrompt(*test).size(), 630U);
  }
}

}  // namespace
}  // namespace rosa::experiment
