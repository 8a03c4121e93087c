// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "byte_encoder.h"
#include "data/examples.h"
#include "example_sets.h"
#include "temporary_folder.h"

/// Several threads that cut a file into tokens make what one makes.
namespace rosa::data {
namespace {

class ParallelExamples : public testing::Test {
 protected:
  /// Reads by one thread and by four, compares, and gives back what four made.
  Expected<ExampleSet> read(const std::filesystem::path& file, const LabelMap* labels = nullptr) {
    const auto one = readExamples(file, spec_, encoder_, {labels, 1, {}});
    auto four = readExamples(file, spec_, encoder_, {labels, 4, {}});
    EXPECT_EQ(messageOf(four), messageOf(one));
    if (one && four) expectSame(*one, *four);
    return four;
  }
  /// `row(i)` for as many rows as fill many pieces.
  template <typename Row>
  std::filesystem::path rows(std::string_view name, std::string head, Row row, int count = 3000) {
    for (int i = 0; i < count; ++i) head += row(i) + "\n";
    return folder_.write(name, head);
  }

  TemporaryFolder folder_;
  ByteEncoder encoder_;
  ExampleSpec spec_;
};

TEST_F(ParallelExamples, TextsComeInTheOrderOfTheFile) {
  spec_.maxLength = 40;
  const auto set =
      read(rows("a.csv", "text\n", [](int i) { return std::string(1 + i % 60, 'a') + std::to_string(i); }));
  ASSERT_TRUE(set);
  EXPECT_EQ(set->examples.size(), 3000U);
  EXPECT_GT(set->truncated, 0);
}

TEST_F(ParallelExamples, LabelsAreNumberedAlike) {
  spec_.task = Task::Classification;
  const auto file =
      rows("a.csv", "text,label\n", [](int i) { return "t" + std::to_string(i) + ",c" + std::to_string(i % 7); });
  const auto set = read(file);
  ASSERT_TRUE(set);
  EXPECT_EQ(set->labels.size(), 7);
  const LabelMap few(std::vector<std::string>{"c0", "c1"});
  EXPECT_NE(messageOf(read(file, &few)).find("Line 4 of"), std::string::npos) << messageOf(read(file, &few));
}

TEST_F(ParallelExamples, WordsAndNumbersToo) {
  spec_.task = Task::TokenClassification;
  spec_.text = "words";
  EXPECT_TRUE(read(rows("w.tsv", "words\tlabel\n", [](int i) { return "a b c\tX Y" + std::to_string(i % 9) + " X"; })));
  spec_ = {};
  spec_.task = Task::Regression;
  EXPECT_TRUE(read(rows("n.csv", "text,label\n", [](int i) { return "t," + std::to_string(i) + ".5"; })));
}

TEST_F(ParallelExamples, TheFirstFaultOfTheFileIsTold) {
  spec_.task = Task::Regression;
  const auto file = rows("n.csv", "text,label\n", [](int i) {
    return i == 1500 || i == 1501 || i == 2900 ? std::string("t,none") : "t," + std::to_string(i);
  });
  EXPECT_NE(messageOf(read(file)).find("Line 1502 of"), std::string::npos) << messageOf(read(file));
  spec_.skipBad = true;
  const auto set = read(file);
  ASSERT_TRUE(set) << messageOf(set);
  EXPECT_EQ(set->skipped, 3);
  EXPECT_EQ(set->examples.size(), 2997U);
  EXPECT_NE(set->firstFault.find("Line 1502 of"), std::string::npos) << set->firstFault;
}

TEST_F(ParallelExamples, AFaultOfTheReaderCountsInItsPlace) {
  const auto file = rows("a.jsonl", "", [](int i) {
    return i % 500 == 499 ? std::string("{broken") : R"({"text": "t)" + std::to_string(i) + "\"}";
  });
  EXPECT_NE(messageOf(read(file)).find("Line 500 of"), std::string::npos) << messageOf(read(file));
  spec_.skipBad = true;
  const auto set = read(file);
  ASSERT_TRUE(set) << messageOf(set);
  EXPECT_EQ(set->skipped, 6);
}

TEST_F(ParallelExamples, AFileInWhichAllIsWrongIsGivenUp) {
  spec_.skipBad = true;
  spec_.task = Task::Regression;
  EXPECT_NE(
      messageOf(read(rows("n.csv", "text,label\n", [](int) { return std::string("t,none"); }))).find("first 100 rows"),
      std::string::npos);
}

TEST_F(ParallelExamples, OnlyTheFirstRowsAreTaken) {
  spec_.maxRows = 1000;
  const auto set = read(rows("a.csv", "text\n", [](int i) { return "row " + std::to_string(i); }));
  ASSERT_TRUE(set);
  EXPECT_EQ(set->examples.size(), 1000U);
}

TEST_F(ParallelExamples, FilesFollowOneAnother) {
  rows(
      "part-1.csv", "text,label\n", [](int i) { return "t" + std::to_string(i) + ",1"; }, 700);
  rows(
      "part-2.csv", "text,label\n", [](int i) { return "u" + std::to_string(i) + (i == 5 ? ",none" : ",2"); }, 700);
  rows(
      "part-3.csv", "text,label\n", [](int i) { return "v" + std::to_string(i) + ",3"; }, 1);
  spec_.task = Task::Regression;
  const auto file = folder_.path() / "part-*.csv";
  EXPECT_NE(messageOf(read(file)).find("part-2.csv"), std::string::npos) << messageOf(read(file));
  spec_.skipBad = true;
  const auto set = read(file);
  ASSERT_TRUE(set) << messageOf(set);
  EXPECT_EQ(set->examples.size(), 1400U);
  EXPECT_NE(set->firstFault.find("Line 7 of"), std::string::npos) << set->firstFault;
}

TEST_F(ParallelExamples, WhatAThreadThrowsComesOut) {
  const auto file =
      rows("a.csv", "text\n", [](int i) { return i == 900 || i == 901 ? "stop!" + std::to_string(i) : "row"; });
  try {
    (void)readExamples(file, spec_, encoder_, {nullptr, 4, {}});
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "at stop!900");
  }
}

TEST_F(ParallelExamples, GivingUpEndsTheReadingSoon) {
  const auto file = rows(
      "a.csv", "text\n", [](int i) { return "row " + std::to_string(i); }, 100'000);
  int asked = 0;
  const auto set = readExamples(file, spec_, encoder_, {nullptr, 4, [&asked] { return ++asked > 10; }});
  EXPECT_NE(messageOf(set), "");
  EXPECT_EQ(asked, 11);
  EXPECT_LT(encoder_.calls, 10'000) << "no more than the pieces on their way";
}

}  // namespace
}  // namespace rosa::data
