// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/cut_journal.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "byte_encoder.h"
#include "data/token_store.h"
#include "example_sets.h"
#include "temporary_folder.h"

namespace rosa::data {
namespace {

namespace fs = std::filesystem;

using Record = std::vector<std::byte>;

Record recordOf(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::string allOf(const fs::path& file) {
  std::ostringstream all;
  all << std::ifstream(file, std::ios::binary).rdbuf();
  return all.str();
}

class CutJournalTest : public testing::Test {
 protected:
  std::vector<Record> found(const std::string& key = "key") {
    std::vector<Record> all;
    auto journal = CutJournal::open(path_, key);
    EXPECT_TRUE(journal);
    while (auto record = journal->next()) all.push_back(*std::move(record));
    return all;
  }
  void add(const std::vector<std::string>& texts) {
    auto journal = CutJournal::open(path_, "key");
    ASSERT_TRUE(journal);
    while (journal->next()) {
    }
    for (const auto& text : texts) journal->add(recordOf(text));
  }

  TemporaryFolder folder_;
  fs::path path_ = folder_.path() / "journal";
};

TEST_F(CutJournalTest, GivesBackWhatWasAddedAndGoesOnBehindIt) {
  add({"one", "", "three"});
  EXPECT_EQ(found(), (std::vector{recordOf("one"), recordOf(""), recordOf("three")}));
  add({"four"});
  EXPECT_EQ(found(), (std::vector{recordOf("one"), recordOf(""), recordOf("three"), recordOf("four")}));
}

TEST_F(CutJournalTest, OfAnotherKeyItBeginsAnew) {
  add({"one"});
  EXPECT_TRUE(found("other").empty());
  EXPECT_TRUE(found().empty());
}

TEST_F(CutJournalTest, EndsWhereItIsCutOrChanged) {
  add({"one", "two", "three"});
  const auto whole = allOf(path_);
  const auto expectBeginning = [&](const std::string& what) {
    const auto records = found();
    ASSERT_LT(records.size(), 3U) << what;
    for (std::size_t i = 0; i < records.size(); ++i) EXPECT_EQ(records[i], recordOf(i == 0 ? "one" : "two")) << what;
    add({"new"});
    EXPECT_EQ(found().back(), recordOf("new")) << what;
  };
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::ofstream(path_, std::ios::binary) << whole.substr(0, i);
    expectBeginning("cut at " + std::to_string(i));
    auto changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ '\xff');
    std::ofstream(path_, std::ios::binary) << changed;
    expectBeginning("changed at " + std::to_string(i));
  }
}

TEST_F(CutJournalTest, OnlyOneHasIt) {
  const auto journal = CutJournal::open(path_, "key");
  ASSERT_TRUE(journal);
  EXPECT_FALSE(CutJournal::open(path_, "key"));
}

/// Readings through the store, which are stopped again and again.
class ResumedCutting : public testing::Test {
 protected:
  ResumedCutting() {
    store_.folder = folder_.path() / "tokens";
    store_.encoderKey = "bytes";
    store_.smallest = store_.smallestResumed = 0;
    spec_.maxLength = 50;
    spec_.skipBad = true;
  }
  Expected<ExampleSet> read(const fs::path& file, std::int64_t threads, std::function<bool()> giveUp = {}) {
    encoder_.calls = 0;
    ReadOptions options;
    options.threads = threads;
    options.giveUp = std::move(giveUp);
    return readStoredExamples(file, spec_, encoder_, options, store_);
  }
  [[nodiscard]] std::vector<fs::path> withEnding(const std::string& ending) const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(store_.folder)) {
      if (entry.path().extension() == ending) files.push_back(entry.path());
    }
    return files;
  }
  fs::path lines(const std::string& name, std::string head, const std::function<std::string(int)>& line) {
    for (int i = 0; i < 4000; ++i) head += line(i) + "\n";
    return folder_.write(name, head);
  }
  std::vector<std::tuple<Task, fs::path>> everyKind() {
    const auto text = [](int i) { return std::string(1 + i % 60, 'a') + std::to_string(i); };
    return {{Task::LanguageModelling, lines("a.csv", "text\n", text)},
            {Task::LanguageModelling, lines("a.txt", "", text)},
            {Task::MaskedLanguageModelling, lines("m.txt", "", text)},
            {Task::Completion, lines("c.csv", "prompt,completion\n", [&](int i) { return "p," + text(i); })},
            {Task::Classification,
             lines("k.csv", "text,label\n", [&](int i) { return text(i) + ",c" + std::to_string(i % 9); })},
            {Task::TokenClassification,
             lines("w.tsv", "text\tlabel\n", [&](int i) { return text(i) + " b\tX" + std::to_string(i % 9) + " Y"; })},
            {Task::Regression, lines("r.csv", "text,label\n", [&](int i) {
               return text(i) + (i % 1000 == 500 ? ",none" : "," + std::to_string(i));
             })}};
  }

  TemporaryFolder folder_;
  ByteEncoder encoder_;
  ExampleSpec spec_;
  TokenStore store_;
};

TEST_F(ResumedCutting, GoesOnWhereItWasStoppedAndMakesTheSame) {
  for (const auto& [task, file] : everyKind()) {
    spec_.task = task;
    const auto whole = readExamples(file, spec_, encoder_);
    ASSERT_TRUE(whole) << messageOf(whole);
    encoder_.calls = 0;
    ASSERT_TRUE(readExamples(file, spec_, encoder_, {nullptr, 4, {}}));
    const int all = encoder_.calls;
    for (const std::int64_t threads : {1, 4}) {
      int spent = 0, stops = 0;
      const bool isText = file.extension() == ".txt";
      for (;; ++stops) {
        ASSERT_LT(stops, 1000) << "no progress";
        // A row is asked for, or a piece of a text; what one reading has cut grows with each.
        int left = (stops + 1) * (isText ? 2 : 700);
        const auto set = read(file, threads, [&left] { return --left < 0; });
        spent += encoder_.calls;
        EXPECT_EQ(withEnding(".rosa-cutting").size(), set ? 0U : 1U);
        EXPECT_EQ(withEnding(".tmp").size(), 0U);
        if (!set) continue;
        expectSame(*whole, *set);
        break;
      }
      EXPECT_GT(stops, 1) << file;
      // What was on its way when it was stopped is cut again: of one thread, a piece.
      if (threads == 1) {
        EXPECT_LE(spent, all + stops * (isText ? 1 : 256)) << file;
      }
      for (const auto& kept : withEnding(".rosa-tokens")) fs::remove(kept);
    }
  }
}

TEST_F(ResumedCutting, CutsNothingThatStandsInTheJournal) {
  const auto file = lines("a.csv", "text\n", [](int i) { return "row " + std::to_string(i); });
  int left = 3500;
  ASSERT_FALSE(read(file, 1, [&left] { return --left < 0; }));
  ASSERT_TRUE(read(file, 1));
  EXPECT_LE(encoder_.calls, 4000 - 3500 + 256);
}

TEST_F(ResumedCutting, OfADamagedJournalTheSoundPartIsUsed) {
  const auto file = lines("a.csv", "text\n", [](int i) { return "row " + std::to_string(i); });
  const auto whole = readExamples(file, spec_, encoder_);
  ASSERT_TRUE(whole);
  int left = 3500;
  ASSERT_FALSE(read(file, 1, [&left] { return --left < 0; }));
  ASSERT_EQ(withEnding(".rosa-cutting").size(), 1U);
  const auto journal = withEnding(".rosa-cutting")[0];
  auto bytes = allOf(journal);
  bytes[bytes.size() / 2] ^= '\x10';
  std::ofstream(journal, std::ios::binary) << bytes;
  const auto again = read(file, 4);
  ASSERT_TRUE(again) << messageOf(again);
  expectSame(*whole, *again);
  EXPECT_GT(encoder_.calls, 4000 - 3500 + 256);
  EXPECT_LT(encoder_.calls, 3500);
}

TEST_F(ResumedCutting, DataThatWereChangedAreCutFromTheirBeginning) {
  const auto row = [](int i) { return "row " + std::to_string(i); };
  int left = 3500;
  ASSERT_FALSE(read(lines("a.csv", "text\n", row), 1, [&left] { return --left < 0; }));
  const auto file = lines("a.csv", "text\nanother row\n", row);
  ASSERT_TRUE(read(file, 1));
  EXPECT_EQ(encoder_.calls, 4001);
}

TEST_F(ResumedCutting, AReadingThatFailsLeavesNothing) {
  spec_.task = Task::Regression;
  spec_.skipBad = false;
  const auto file = lines("a.csv", "text,label\n", [](int i) { return i == 3000 ? "t,none" : "t,1"; });
  ASSERT_FALSE(read(file, 4));
  EXPECT_TRUE(withEnding(".rosa-cutting").empty());
  EXPECT_TRUE(withEnding(".rosa-tokens").empty());
}

TEST_F(ResumedCutting, WhatAKilledReadingLeftIsRemovedByTheNext) {
  const auto file = lines("a.csv", "text\n", [](int i) { return "row " + std::to_string(i); });
  ASSERT_TRUE(read(file, 1));
  const auto kept = withEnding(".rosa-tokens");
  ASSERT_EQ(kept.size(), 1U);
  const auto left = folder_.write("tokens/." + kept[0].filename().string() + ".rosa-1-0.tmp", "half");
  fs::remove(kept[0]);
  ASSERT_TRUE(read(file, 1));
  EXPECT_FALSE(fs::exists(left));
}

}  // namespace
}  // namespace rosa::data
