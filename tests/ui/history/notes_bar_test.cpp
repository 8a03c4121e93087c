// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/history/notes_bar.h"

#include <gtest/gtest.h>

#include <QPlainTextEdit>

#include "support/fake_engine.h"
#include "support/widgets.h"

namespace rosa::ui {
namespace {

class NotesBarTest : public ::testing::Test {
 protected:
  NotesBarTest() {
    all_.resize(900, 200);
    bar_.setParent(&all_);
    bar_.resize(900, 120);
    elsewhere_.setParent(&all_);
    elsewhere_.setFocusPolicy(Qt::StrongFocus);
    all_.show();
    QApplication::setActiveWindow(&all_);
    QObject::connect(&bar_, &NotesBar::changed, &bar_,
                     [this](const auto& runs, const RunNotesChange& change) { saved_.emplace_back(runs, change); });
    runs_[0].notes = {{"base", "small"}, "first\nsecond"};
    bar_.setRuns({runs_[0]});
  }
  ~NotesBarTest() override {
    bar_.setParent(nullptr);
    elsewhere_.setParent(nullptr);
  }
  [[nodiscard]] QLineEdit* tags() { return test::findVisible<QLineEdit>(bar_, QStringLiteral("Tags")); }
  [[nodiscard]] QPlainTextEdit* note() { return test::findVisible<QPlainTextEdit>(bar_, QStringLiteral("Note")); }
  void writeNote(const QString& text) {
    note()->setFocus();
    note()->selectAll();
    QTest::keyClicks(note(), text);
  }

  QWidget all_, elsewhere_;
  NotesBar bar_;
  std::vector<RunRecord> runs_ = test::FakeEngine().records;
  std::vector<std::pair<std::vector<std::filesystem::path>, RunNotesChange>> saved_;
};

TEST_F(NotesBarTest, ShowsWhatStandsInTheRun) {
  EXPECT_EQ(tags()->text(), QStringLiteral("base, small"));
  EXPECT_EQ(note()->toPlainText(), QStringLiteral("first\nsecond"));
  note()->setFocus();
  elsewhere_.setFocus();
  tags()->setFocus();
  elsewhere_.setFocus();
  EXPECT_TRUE(saved_.empty()) << "looking changes nothing";
}

TEST_F(NotesBarTest, SavesTagsOnReturnAndANoteWhenItIsLeft) {
  ASSERT_TRUE(test::type(bar_, QStringLiteral("Tags"), QStringLiteral(" one,two words ,, ")));
  QTest::keyClick(tags(), Qt::Key_Return);
  ASSERT_EQ(saved_.size(), 1u);
  EXPECT_EQ(saved_[0].first, std::vector{runs_[0].directory});
  EXPECT_EQ(saved_[0].second.tags, (std::vector<std::string>{"one", "two words"}));
  EXPECT_FALSE(saved_[0].second.note.has_value());
  writeNote(QStringLiteral("better"));
  elsewhere_.setFocus();
  ASSERT_EQ(saved_.size(), 2u);
  EXPECT_EQ(saved_[1].second.note, "better");
}

TEST_F(NotesBarTest, ANoteGrowsWhileItIsWritten) {
  const int line = note()->height();
  EXPECT_EQ(line, tags()->sizeHint().height());
  note()->setFocus();
  EXPECT_GT(note()->height(), 2 * line);
  elsewhere_.setFocus();
  EXPECT_EQ(note()->height(), line);
}

TEST_F(NotesBarTest, EscapeTakesBackWhatWasWritten) {
  writeNote(QStringLiteral("nonsense"));
  QTest::keyClick(note(), Qt::Key_Escape);
  EXPECT_EQ(note()->toPlainText(), QStringLiteral("first\nsecond"));
  elsewhere_.setFocus();
  EXPECT_TRUE(saved_.empty());
}

TEST_F(NotesBarTest, AnotherRunTakesNoWordsOfTheLastOne) {
  writeNote(QStringLiteral("of the first"));
  bar_.setRuns({runs_[1]});
  ASSERT_EQ(saved_.size(), 1u);
  EXPECT_EQ(saved_[0].first, std::vector{runs_[0].directory});
  EXPECT_EQ(note()->toPlainText(), QString());
  EXPECT_EQ(tags()->text(), QString());
}

TEST_F(NotesBarTest, AListThatIsReadAgainLeavesWhatIsBeingWritten) {
  writeNote(QStringLiteral("half a sent"));
  bar_.setRuns({runs_[0]});
  EXPECT_EQ(note()->toPlainText(), QStringLiteral("half a sent"));
  EXPECT_TRUE(saved_.empty());
}

TEST_F(NotesBarTest, AddsTagsToAllThatAreSelected) {
  bar_.setRuns({runs_[0], runs_[1]});
  EXPECT_FALSE(note()->isEnabled());
  EXPECT_EQ(tags()->text(), QString());
  ASSERT_TRUE(test::type(bar_, QStringLiteral("Tags"), QStringLiteral("both")));
  QTest::keyClick(tags(), Qt::Key_Return);
  ASSERT_EQ(saved_.size(), 1u);
  EXPECT_EQ(saved_[0].first.size(), 2u);
  EXPECT_EQ(saved_[0].second.addedTags, std::vector<std::string>{"both"});
  EXPECT_FALSE(saved_[0].second.tags.has_value());
}

TEST_F(NotesBarTest, SavesWhenTheWindowCloses) {
  writeNote(QStringLiteral("last words"));
  all_.hide();
  ASSERT_EQ(saved_.size(), 1u);
  EXPECT_EQ(saved_[0].second.note, "last words");
}

}  // namespace
}  // namespace rosa::ui
