// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/token_view.h"

#include <gtest/gtest.h>

#include <QPlainTextEdit>
#include <algorithm>
#include <atomic>
#include <numeric>
#include <semaphore>
#include <string>

#include "jobs/job_pool.h"
#include "pages/configure/length_histogram.h"
#include "pages/configure/token_flow.h"
#include "support/fake_engine.h"
#include "support/widgets.h"

namespace rosa::ui {
namespace {

using test::click;
using test::findVisible;
using test::type;

/// One token a word, those from `counts` on in the loss, the last of them the end of the turn.
PreviewRow rowOf(const std::vector<std::string>& words, std::size_t counts) {
  PreviewRow row;
  for (std::size_t i = 0; i < words.size(); ++i) {
    PreviewToken token;
    token.text = words[i];
    token.id = static_cast<std::int32_t>(i);
    token.counts = i >= counts;
    token.endsTurn = i + 1 == words.size();
    row.targets += token.counts ? 1 : 0;
    row.endedTurns += token.counts && token.endsTurn ? 1 : 0;
    row.text += words[i];
    row.tokens.push_back(std::move(token));
  }
  return row;
}

/// "row 7" of as many rows as the data has.
Expected<DataPreview> numbered(std::int64_t all, std::int64_t first, std::int64_t count) {
  DataPreview preview;
  for (auto row = first; row < std::min(all, first + count); ++row) {
    preview.rows.push_back(rowOf({"row ", std::to_string(row + 1), "<end>"}, 1));
  }
  preview.remarks = {"chats.jsonl holds conversations (shape messages)."};
  return preview;
}

class TokenViewTest : public ::testing::Test {
 protected:
  TokenViewTest() {
    theme_.setMode(Theme::Mode::Light);
    theme_.applyTo(*qApp);
    view_.resize(800, 260);
    rows(3);
  }

  void rows(std::int64_t all) {
    engine_.onPreview = [all](const RunConfig&, std::int64_t first, std::int64_t count) {
      return numbered(all, first, count);
    };
  }
  void open(const RunConfig& config = test::sampleConfig()) {
    view_.setConfig(config);
    view_.show();
  }
  [[nodiscard]] TokenFlow& flow() { return *view_.findChild<TokenFlow*>(); }
  [[nodiscard]] QString text() { return view_.findChild<QPlainTextEdit*>()->toPlainText(); }
  [[nodiscard]] bool shows(const QString& text) { return test::visibleText(view_).contains(text); }
  bool waitFor(const QString& text) {
    return QTest::qWaitFor([&] { return shows(text); });
  }

  test::FakeEngine engine_;
  Theme theme_;
  JobPool pool_;
  TokenView view_{engine_, pool_, theme_};
};

TEST_F(TokenViewTest, ShowsARowByItsTokensBesideItsText) {
  engine_.onPreview = [](const RunConfig&, std::int64_t, std::int64_t) -> Expected<DataPreview> {
    PreviewRow row = rowOf({"<user>", "Hi", "\n", "<bot>", "Hello", "<end>"}, 4);
    row.tokens.push_back({"more", 9, false, true, false});
    row.text += "more";
    row.lostTokens = row.lostTargets = 1;
    return DataPreview{{row}, {"Conversations are written by chat-template chatml."}};
  };
  open();
  ASSERT_TRUE(waitFor(QStringLiteral("Row 1 of 1")));
  EXPECT_EQ(flow().row().tokens().size(), 7);
  EXPECT_EQ(flow().row().tokens()[3].role, TokenRole::Read);
  EXPECT_EQ(flow().row().tokens()[4].role, TokenRole::Counts);
  EXPECT_TRUE(flow().row().tokens()[5].endsTurn);
  EXPECT_EQ(flow().row().tokens()[6].role, TokenRole::Cut);
  EXPECT_EQ(text(), QStringLiteral("<user>Hi\n<bot>Hello<end>more"));
  EXPECT_TRUE(shows(QStringLiteral("2 tokens count")));
  EXPECT_TRUE(shows(QStringLiteral("1 ends a turn")));
  EXPECT_TRUE(shows(QStringLiteral("1 cut off (1 would count)")));
  EXPECT_TRUE(shows(QStringLiteral("4 only read")));
  EXPECT_TRUE(shows(QStringLiteral("Conversations are written by"))) << "how the rows are read";
}

TEST_F(TokenViewTest, AsksNothingBeforeItIsSeenAndNothingTwice) {
  std::atomic<int> asked = 0;
  engine_.onPreview = [&](const RunConfig&, std::int64_t first, std::int64_t count) {
    ++asked;
    return numbered(3, first, count);
  };
  view_.setConfig(test::sampleConfig());
  QTest::qWait(250);
  EXPECT_EQ(asked, 0);
  view_.show();
  ASSERT_TRUE(waitFor(QStringLiteral("Row 1 of 3")));
  RunConfig other = test::sampleConfig();
  other.learningRate = 0.5;
  view_.setConfig(other);
  QTest::qWait(250);
  EXPECT_EQ(asked, 1) << "a preview does not read the rate";
  other.lossOn = LossOn::All;
  view_.setConfig(other);
  EXPECT_TRUE(QTest::qWaitFor([&] { return asked == 2; }));
}

TEST_F(TokenViewTest, ButtonsAndKeysGoThroughTheRows) {
  open();
  ASSERT_TRUE(waitFor(QStringLiteral("Row 1 of 3")));
  EXPECT_FALSE(findVisible<QPushButton>(view_, QStringLiteral("Previous row"))->isEnabled());
  ASSERT_TRUE(click(view_, QStringLiteral("Next row")));
  EXPECT_TRUE(shows(QStringLiteral("Row 2 of 3")));
  EXPECT_EQ(text(), QStringLiteral("row 2<end>"));
  QTest::keyClick(&flow(), Qt::Key_Right);
  EXPECT_TRUE(shows(QStringLiteral("Row 3 of 3")));
  EXPECT_FALSE(findVisible<QPushButton>(view_, QStringLiteral("Next row"))->isEnabled());
  QTest::keyClick(&flow(), Qt::Key_Right);
  EXPECT_TRUE(shows(QStringLiteral("Row 3 of 3")));
  QTest::keyClick(&flow(), Qt::Key_Left);
  EXPECT_TRUE(shows(QStringLiteral("Row 2 of 3")));
  view_.activateWindow();
  auto* search = findVisible<QLineEdit>(view_, QStringLiteral("Search the texts"));
  search->setFocus();
  QTest::keyClick(search, Qt::Key_Left, Qt::AltModifier);
  EXPECT_TRUE(shows(QStringLiteral("Row 1 of 3")));
}

TEST_F(TokenViewTest, MoreRowsAreReadWhenTheyAreCalledFor) {
  rows(101);
  open();
  ASSERT_TRUE(waitFor(QStringLiteral("Row 1")));
  EXPECT_FALSE(shows(QStringLiteral("Row 1 of"))) << "how many there are is not known yet";
  for (int i = 0; i < 99; ++i) ASSERT_TRUE(click(view_, QStringLiteral("Next row")));
  EXPECT_TRUE(shows(QStringLiteral("Row 100")));
  ASSERT_TRUE(click(view_, QStringLiteral("Next row")));
  ASSERT_TRUE(waitFor(QStringLiteral("Row 101 of 101")));
  EXPECT_EQ(text(), QStringLiteral("row 101<end>"));
  ASSERT_TRUE(click(view_, QStringLiteral("Previous row")));
  EXPECT_TRUE(QTest::qWaitFor([&] { return text() == QStringLiteral("row 100<end>"); }));
}

TEST_F(TokenViewTest, TheLastRowIsKnownWhenNothingComesAfterIt) {
  rows(100);
  open();
  ASSERT_TRUE(waitFor(QStringLiteral("Row 1")));
  for (int i = 0; i < 99; ++i) ASSERT_TRUE(click(view_, QStringLiteral("Next row")));
  ASSERT_TRUE(click(view_, QStringLiteral("Next row")));
  EXPECT_TRUE(waitFor(QStringLiteral("Row 100 of 100")));
  EXPECT_FALSE(findVisible<QPushButton>(view_, QStringLiteral("Next row"))->isEnabled());
}

TEST_F(TokenViewTest, ASearchGoesToTheRowsWithIt) {
  engine_.onPreview = [](const RunConfig&, std::int64_t, std::int64_t) -> Expected<DataPreview> {
    DataPreview preview;
    preview.rows = {rowOf({"The", " mill"}, 1), rowOf({"A", " P", "ub"}, 1), rowOf({"no", "thing"}, 1),
                    rowOf({"pub", "s"}, 1)};
    return preview;
  };
  open();
  ASSERT_TRUE(waitFor(QStringLiteral("Row 1 of 4")));
  ASSERT_TRUE(type(view_, QStringLiteral("Search the texts"), QStringLiteral("pub")));
  EXPECT_TRUE(shows(QStringLiteral("Row 2 of 4")));
  EXPECT_TRUE(shows(QStringLiteral("in 2 of 4 rows")));
  EXPECT_EQ(flow().row().tokensWith(QStringLiteral("pub")), (QList<qsizetype>{1, 2}));
  EXPECT_EQ(view_.findChild<QPlainTextEdit*>()->extraSelections().size(), 1);
  auto* search = findVisible<QLineEdit>(view_, QStringLiteral("Search the texts"));
  QTest::keyClick(search, Qt::Key_Return);
  EXPECT_TRUE(shows(QStringLiteral("Row 4 of 4")));
  QTest::keyClick(search, Qt::Key_Return);
  EXPECT_TRUE(shows(QStringLiteral("Row 2 of 4"))) << "round from the last to the first";
  QTest::keyClick(search, Qt::Key_Return, Qt::ShiftModifier);
  EXPECT_TRUE(shows(QStringLiteral("Row 4 of 4")));
  ASSERT_TRUE(type(view_, QStringLiteral("Search the texts"), QStringLiteral("xyz")));
  EXPECT_TRUE(shows(QStringLiteral("in none of 4 rows")));
  EXPECT_TRUE(shows(QStringLiteral("Row 4 of 4")));
  QTest::keyClick(search, Qt::Key_Escape);
  EXPECT_TRUE(search->text().isEmpty());
  EXPECT_FALSE(shows(QStringLiteral("in none of")));
}

TEST_F(TokenViewTest, ALateAnswerIsDropped) {
  std::binary_semaphore release(0);
  std::atomic<int> asked = 0;
  engine_.onPreview = [&](const RunConfig& config, std::int64_t, std::int64_t) -> Expected<DataPreview> {
    if (asked++ == 0) release.acquire();
    return DataPreview{{rowOf({config.data.filename().string()}, 0)}, {}};
  };
  open();
  ASSERT_TRUE(QTest::qWaitFor([&] { return asked == 1; }));
  RunConfig other = test::sampleConfig();
  other.data = "/data/other.jsonl";
  view_.setConfig(other);
  QTest::qWait(250);  // the second question now waits behind the first
  EXPECT_TRUE(shows(QStringLiteral("Reading the first rows")));
  release.release();
  ASSERT_TRUE(waitFor(QStringLiteral("Row 1 of 1")));
  EXPECT_EQ(text(), QStringLiteral("other.jsonl"));
  EXPECT_EQ(asked, 2);
}

TEST_F(TokenViewTest, OtherSettingsOfTheSameDataKeepTheRow) {
  open();
  ASSERT_TRUE(waitFor(QStringLiteral("Row 1 of 3")));
  ASSERT_TRUE(click(view_, QStringLiteral("Next row")));
  engine_.onPreview = [](const RunConfig& config, std::int64_t, std::int64_t) -> Expected<DataPreview> {
    const std::size_t counts = config.lossOn == LossOn::All ? 0 : 1;
    return DataPreview{{rowOf({"a", "b"}, counts), rowOf({"c", "d"}, counts)}, {}};
  };
  RunConfig all = test::sampleConfig();
  all.lossOn = LossOn::All;
  view_.setConfig(all);
  ASSERT_TRUE(waitFor(QStringLiteral("Row 2 of 2")));
  EXPECT_EQ(flow().row().tokens()[0].role, TokenRole::Counts);
  RunConfig moved = all;
  moved.data = "/data/other.jsonl";
  view_.setConfig(moved);
  EXPECT_FALSE(shows(QStringLiteral("Row 2")));
  EXPECT_TRUE(waitFor(QStringLiteral("Row 1 of 2")));
}

TEST_F(TokenViewTest, AnErrorIsASentenceInTheWindowsWordsAndGoesAgain) {
  engine_.onPreview = [](const RunConfig& config, std::int64_t first, std::int64_t count) -> Expected<DataPreview> {
    if (config.shape == Shape::Messages) return numbered(2, first, count);
    return Error{"shape: chats.jsonl has both. Choose --shape messages or --shape text."};
  };
  open();
  ASSERT_TRUE(waitFor(QStringLiteral("Choose “Rows hold” “conversations (messages)” or “Rows hold” “plain text”.")));
  EXPECT_FALSE(flow().isVisible());
  EXPECT_FALSE(findVisible<QPushButton>(view_, QStringLiteral("Next row"))->isEnabled());
  RunConfig mended = test::sampleConfig();
  mended.shape = Shape::Messages;
  view_.setConfig(mended);
  ASSERT_TRUE(waitFor(QStringLiteral("Row 1 of 2")));
  EXPECT_FALSE(shows(QStringLiteral("Choose")));
  EXPECT_TRUE(flow().isVisible());
}

TEST_F(TokenViewTest, SaysWhatIsMissing) {
  RunConfig config = test::sampleConfig();
  config.model.clear();
  open(config);
  EXPECT_TRUE(waitFor(QStringLiteral("Choose a model: its tokenizer cuts the texts into tokens.")));
  engine_.onPreview = [](const RunConfig&, std::int64_t, std::int64_t) { return DataPreview(); };
  view_.setConfig(test::sampleConfig());
  EXPECT_TRUE(waitFor(QStringLiteral("No row of the data is trained on with these settings.")));
}

TEST_F(TokenViewTest, TokensStandWhereTheyAreDrawn) {
  engine_.onPreview = [](const RunConfig&, std::int64_t, std::int64_t) -> Expected<DataPreview> {
    return DataPreview{{rowOf(std::vector<std::string>(20000, "word"), 1)}, {}};
  };
  open();
  ASSERT_TRUE(waitFor(QStringLiteral("Row 1 of 1")));
  EXPECT_EQ(flow().tokenAt(QPoint(12, 12)), 0);
  EXPECT_EQ(flow().tokenAt(QPoint(1, 1)), -1) << "the margin";
  QTest::keyClick(&flow(), Qt::Key_End);
  qsizetype last = -1;
  for (int y = 0; y < flow().height(); ++y) last = std::max(last, flow().tokenAt(QPoint(12, y)));
  EXPECT_GT(last, 19900);
  QTest::keyClick(&flow(), Qt::Key_Home);
  EXPECT_EQ(flow().tokenAt(QPoint(12, 12)), 0);
}

TEST_F(TokenViewTest, TheLengthsOfTheRowsAreCounted) {
  engine_.onPreview = [](const RunConfig&, std::int64_t, std::int64_t) -> Expected<DataPreview> {
    DataPreview preview;
    for (const std::size_t length : {4U, 4U, 5U, 80U}) {
      preview.rows.push_back(rowOf(std::vector<std::string>(length, "a"), 1));
    }
    return preview;
  };
  open();
  ASSERT_TRUE(waitFor(QStringLiteral("Row 1 of 4")));
  const auto& lengths = *view_.findChild<LengthHistogram*>();
  EXPECT_TRUE(lengths.isVisible());
  EXPECT_TRUE(lengths.toolTip().contains(QStringLiteral("4 rows of 4 to 80 tokens, 5 in the median")))
      << lengths.toolTip().toStdString();
  const QList<int> bars = lengths.bars();
  EXPECT_EQ(bars.front(), 3);
  EXPECT_EQ(bars.back(), 1);
  EXPECT_EQ(std::accumulate(bars.begin(), bars.end(), 0), 4);
}

TEST_F(TokenViewTest, IsNotBlankInEitherLook) {
  open();
  ASSERT_TRUE(waitFor(QStringLiteral("Row 1 of 3")));
  EXPECT_TRUE(test::screenshot(view_, QStringLiteral("token-view-light")));
  theme_.setMode(Theme::Mode::Dark);
  EXPECT_TRUE(test::screenshot(view_, QStringLiteral("token-view-dark")));
}

}  // namespace
}  // namespace rosa::ui
