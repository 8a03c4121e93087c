// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/run_notes.h"

#include <thread>

#include "store_fixture.h"

namespace rosa::store {
namespace {

class RunNotesTest : public StoreTest {
 protected:
  RunFolder folder_ = makeRun();

  [[nodiscard]] RunNotes notes() const {
    const auto read = readRunNotes(folder_);
    EXPECT_TRUE(read) << read.error().message;
    return read ? *read : RunNotes();
  }
  [[nodiscard]] std::string refusal(const RunNotesChange& change) const {
    const auto changed = changeRunNotes(folder_, change);
    EXPECT_FALSE(changed);
    return changed ? std::string() : changed.error().message;
  }
};

using Tags = std::vector<std::string>;

TEST_F(RunNotesTest, AFolderWithoutThemHasNone) {
  EXPECT_TRUE(notes().tags.empty());
  EXPECT_EQ(notes().note, "");
}

TEST_F(RunNotesTest, KeepsTagsAndNoteApart) {
  ASSERT_TRUE(changeRunNotes(folder_, {.tags = Tags{" base line ", "größer", "base line"}}));
  ASSERT_TRUE(changeRunNotes(folder_, {.note = "two\nlines \"quoted\"\n"}));
  EXPECT_EQ(notes().tags, (Tags{"base line", "größer"})) << "trimmed, each once, and still there";
  EXPECT_EQ(notes().note, "two\nlines \"quoted\"");
  ASSERT_TRUE(changeRunNotes(folder_, {.tags = Tags{}, .note = ""}));
  EXPECT_TRUE(notes().tags.empty());
  EXPECT_EQ(notes().note, "");
}

TEST_F(RunNotesTest, AddsAndRemovesTags) {
  ASSERT_TRUE(changeRunNotes(folder_, {.addedTags = {"a", "b"}}));
  ASSERT_TRUE(changeRunNotes(folder_, {.addedTags = {"c", "a"}, .removedTags = {"b", "never"}}));
  EXPECT_EQ(notes().tags, (Tags{"a", "c"}));
}

TEST_F(RunNotesTest, KeepsWhatElseStandsInTheFile) {
  writeText(folder_.notesFile(), R"({"stars": 5, "note": "old"})");
  ASSERT_TRUE(changeRunNotes(folder_, {.note = "new"}));
  EXPECT_NE(readText(folder_.notesFile()).find("\"stars\": 5"), std::string::npos);
  EXPECT_EQ(notes().note, "new");
}

TEST_F(RunNotesTest, ChangesWhileTheRunTrains) {
  const auto lock = RunLock::take(folder_);
  ASSERT_TRUE(lock);
  EXPECT_TRUE(changeRunNotes(folder_, {.tags = Tags{"now"}}));
}

TEST_F(RunNotesTest, RefusesWhatCouldNotBeFoundAgain) {
  EXPECT_NE(refusal({.tags = Tags{"  "}}).find("cannot be a tag"), std::string::npos);
  EXPECT_NE(refusal({.tags = Tags{"a,b"}}).find("\"a,b\""), std::string::npos);
  EXPECT_NE(refusal({.tags = Tags{"a\nb"}}).find("one line"), std::string::npos);
  EXPECT_NE(refusal({.tags = Tags{"\xff"}}).find("cannot be a tag"), std::string::npos);
  EXPECT_NE(refusal({.tags = Tags{std::string(65, 'x')}}).find("64 bytes"), std::string::npos);
  EXPECT_NE(refusal({.note = "\xff"}).find("UTF-8"), std::string::npos);
  EXPECT_NE(refusal({.note = std::string(70000, 'x')}).find("Shorten"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder_.notesFile()));
}

TEST_F(RunNotesTest, AFileThatHoldsSomethingElseIsNamedAndStays) {
  for (const std::string text : {"rubbish", "[]", R"({"tags": "x"})", R"({"tags": [1]})", R"({"note": 1})"}) {
    writeText(folder_.notesFile(), text);
    EXPECT_FALSE(readRunNotes(folder_)) << text;
    EXPECT_NE(refusal({.tags = Tags{"x"}}).find("notes.json"), std::string::npos) << text;
    EXPECT_EQ(readText(folder_.notesFile()), text);
  }
}

TEST_F(RunNotesTest, TwoWritersLoseNothing) {
  std::thread other([this] {
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(changeRunNotes(folder_, {.tags = Tags{std::to_string(i)}}));
  });
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(changeRunNotes(folder_, {.note = std::to_string(i)}));
  other.join();
  EXPECT_EQ(notes().tags, Tags{"19"});
  EXPECT_EQ(notes().note, "19");
}

}  // namespace
}  // namespace rosa::store
