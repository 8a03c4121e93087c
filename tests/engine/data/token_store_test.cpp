// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/token_store.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "example_sets.h"
#include "temporary_folder.h"
#include "word_encoder.h"

namespace rosa::data {
namespace {

namespace fs = std::filesystem;

/// Counts the texts that it is asked for.
class CountingEncoder final : public TextEncoder {
 public:
  [[nodiscard]] EncodedText encode(std::string_view text) const override {
    ++texts;
    return words_.encode(text);
  }
  [[nodiscard]] EncodedText encodeInput(std::string_view text, std::optional<std::string_view> pair,
                                        std::int64_t maxLength) const override {
    ++texts;
    return words_.encodeInput(text, pair, maxLength);
  }
  [[nodiscard]] std::optional<std::int32_t> endToken() const override { return words_.endToken(); }
  mutable int texts = 0;

 private:
  WordEncoder words_;
};

class TokenStoreTest : public testing::Test {
 protected:
  TokenStoreTest() {
    store_.folder = folder_.path() / "tokens";
    store_.encoderKey = "words";
    store_.smallest = 0;
  }
  Expected<ExampleSet> read(const fs::path& file, const LabelMap* labels = nullptr) {
    encoder_.texts = 0;
    return readStoredExamples(file, spec_, encoder_, {labels, 1, {}}, store_);
  }
  [[nodiscard]] std::vector<fs::path> kept() const {
    std::vector<fs::path> files;
    if (!fs::exists(store_.folder)) return files;
    for (const auto& entry : fs::directory_iterator(store_.folder)) {
      if (entry.path().extension() == ".rosa-tokens") files.push_back(entry.path());
    }
    return files;
  }
  static std::string bytesOf(const fs::path& file) {
    std::ostringstream all;
    all << std::ifstream(file, std::ios::binary).rdbuf();
    return all.str();
  }
  TemporaryFolder folder_;
  CountingEncoder encoder_;
  ExampleSpec spec_;
  TokenStore store_;
};

TEST_F(TokenStoreTest, TheSecondReadingCutsNoTextAndGivesTheSame) {
  const std::vector<std::tuple<Task, std::string, std::string>> sets{
      {Task::LanguageModelling, "a.csv", "text\na b c d e f\nb\nc d\n"},
      {Task::LanguageModelling, "a.txt", "a b c d e f g h\n"},
      {Task::Completion, "c.csv", "prompt,completion\na b,c d e f g\nb,c\n"},
      {Task::Classification, "k.csv", "text,text2,label\na b,c,x\nb,d e f g,y\n"},
      {Task::TokenClassification, "w.tsv", "text\tlabel\na b\tX Y\nc\tX\n"},
      {Task::Regression, "r.csv", "text,label\na,1.5\nb,none\n"},
  };
  spec_.maxLength = 5;
  spec_.skipBad = true;
  for (const auto& [task, name, content] : sets) {
    spec_.task = task;
    spec_.textPair = task == Task::Classification ? "text2" : "";
    const auto file = folder_.write(name, content);
    const auto first = read(file);
    ASSERT_TRUE(first) << messageOf(first);
    EXPECT_GT(encoder_.texts, 0) << name;
    const auto second = read(file);
    ASSERT_TRUE(second) << messageOf(second);
    EXPECT_EQ(encoder_.texts, 0) << name;
    expectSame(*first, *second);
  }
  EXPECT_EQ(kept().size(), sets.size());
}

TEST_F(TokenStoreTest, WhateverTheExamplesFollowFromAsksForNewOnes) {
  auto file = folder_.write("a.csv", "text,other,label\na b c,d,1\n");
  spec_.task = Task::Classification;
  const LabelMap labels(std::vector<std::string>{"1", "2"}), others(std::vector<std::string>{"2", "1"});
  ASSERT_TRUE(read(file, &labels));
  ASSERT_TRUE(read(file, &labels));
  ASSERT_EQ(encoder_.texts, 0);
  const std::vector<std::function<void()>> changes{
      [&] { spec_.maxLength = 7; },         [&] { spec_.maxRows = 1; },
      [&] { spec_.text = "other"; },        [&] { spec_.skipBad = true; },
      [&] { spec_.textPair = "text"; },     [&] { store_.encoderKey = "others"; },
      [&] { spec_.header = Reading::Yes; }, [&] { file = folder_.write("a.csv", "text,other,label\na b d,d,1\n"); }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    changes[i]();
    ASSERT_TRUE(read(file, &labels)) << i;
    EXPECT_GT(encoder_.texts, 0) << i;
  }
  ASSERT_TRUE(read(file, &others));
  EXPECT_GT(encoder_.texts, 0) << "numbered otherwise";
}

TEST_F(TokenStoreTest, AFileThatIsCutOrChangedAnywhereIsWrittenAnew) {
  const auto file = folder_.write("a.csv", "text\na b c d\nb\n");
  const auto first = read(file);
  ASSERT_TRUE(first);
  ASSERT_EQ(kept().size(), 1U);
  const auto path = kept()[0];
  const auto whole = bytesOf(path);
  const auto expectAnew = [&](const std::string& bytes, const std::string& what) {
    fs::remove(path);  // `first` still reads the file that had this name
    std::ofstream(path, std::ios::binary) << bytes;
    const auto again = read(file);
    ASSERT_TRUE(again) << what;
    EXPECT_GT(encoder_.texts, 0) << what;
    expectSame(*first, *again);
    EXPECT_EQ(bytesOf(path), whole) << what;
  };
  for (std::size_t size = 0; size < whole.size(); size += 11)
    expectAnew(whole.substr(0, size), "cut at " + std::to_string(size));
  for (std::size_t at = 0; at < whole.size(); at += 5) {
    auto changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ '\xff');
    expectAnew(changed, "changed at " + std::to_string(at));
  }
  expectAnew(whole + "more", "longer");
}

TEST_F(TokenStoreTest, DataThatChangeMeanwhileAreReadAndNotKept) {
  const auto file = folder_.write("a.csv", "text\na b c d\n");
  ReadOptions options;
  options.giveUp = [&] {
    folder_.write("a.csv", "text\na b c d\nmore\n");
    return false;
  };
  const auto set = readStoredExamples(file, spec_, encoder_, options, store_);
  ASSERT_TRUE(set) << messageOf(set);
  EXPECT_EQ(set->examples[0].tokenIds.size(), 5U);
  EXPECT_TRUE(kept().empty());
}

TEST_F(TokenStoreTest, AReadingThatFailsOrIsGivenUpKeepsNoExamples) {
  spec_.text = "none";
  EXPECT_FALSE(read(folder_.write("a.csv", "text\na b c d\n")));
  EXPECT_TRUE(kept().empty());
  spec_.text = "text";
  ReadOptions options;
  options.giveUp = [] { return true; };
  EXPECT_FALSE(readStoredExamples(folder_.write("b.csv", "text\na b c d\n"), spec_, encoder_, options, store_));
  EXPECT_TRUE(kept().empty());
}

TEST_F(TokenStoreTest, TellsWhatItDoesAndHowFarItHasCome) {
  const auto file = folder_.write("a.csv", "text\na b c d\nb\n");
  using Told = std::vector<std::string>;
  const auto toldOf = [&] {
    Told told;
    ReadOptions options;
    options.progress = [&](double fraction, const std::string& what) {
      EXPECT_GE(fraction, 0);
      EXPECT_LE(fraction, 1);
      if (told.empty() || told.back() != what) told.push_back(what);
    };
    EXPECT_TRUE(readStoredExamples(file, spec_, encoder_, options, store_));
    return told;
  };
  EXPECT_EQ(toldOf(), (Told{"Reading a.csv", "Cutting a.csv into tokens"}));
  EXPECT_EQ(toldOf(), Told{"Reading a.csv"}) << "its own file it knows";
  for (const auto& kept : fs::directory_iterator(store_.folder)) {
    if (kept.path().extension() == ".rosa-digest") fs::remove(kept);
  }
  EXPECT_EQ(toldOf(), (Told{"Reading a.csv", "Checking the kept tokens of a.csv"}));
}

TEST_F(TokenStoreTest, SmallDataAreNotKept) {
  store_.smallest = 1000;
  ASSERT_TRUE(read(folder_.write("a.csv", "text\na b c d\n")));
  EXPECT_TRUE(kept().empty());
}

TEST_F(TokenStoreTest, AStoreThatCannotBeWrittenToStopsNothing) {
  folder_.write("tokens", "a file where the folder would be");
  EXPECT_TRUE(read(folder_.write("a.csv", "text\na b c d\n")));
}

TEST_F(TokenStoreTest, WhatAKilledProgramLeftIsRemovedAfterAWhile) {
  fs::create_directories(store_.folder);
  const auto left = folder_.write("tokens/.a.rosa-tokens.rosa-1-0.tmp", "half"),
             written = folder_.write("tokens/.b.rosa-tokens.rosa-2-0.tmp", "half");
  fs::last_write_time(left, fs::file_time_type::clock::now() - std::chrono::hours(2));
  ASSERT_TRUE(read(folder_.write("1.csv", "text\na b c d\n")));
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(written)) << "another program may be at it";
}

TEST_F(TokenStoreTest, WhatWasUsedLongestAgoIsRemoved) {
  const auto one = folder_.write("1.csv", "text\na b c d\n"), two = folder_.write("2.csv", "text\na b c e\n");
  ASSERT_TRUE(read(one));
  ASSERT_TRUE(read(two));
  const auto files = kept();
  ASSERT_EQ(files.size(), 2U);
  for (const auto& file : files) {
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(48));
  }
  ASSERT_TRUE(read(one));  // now the younger one
  store_.limit = 2 * fs::file_size(files[0]);
  ASSERT_TRUE(read(folder_.write("3.csv", "text\na b c f\n")));
  EXPECT_EQ(kept().size(), 2U);
  ASSERT_TRUE(read(one));
  EXPECT_EQ(encoder_.texts, 0);
  ASSERT_TRUE(read(two));
  EXPECT_GT(encoder_.texts, 0);
}

}  // namespace
}  // namespace rosa::data
