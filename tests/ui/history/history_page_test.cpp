// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/history/history_page.h"

#include <gtest/gtest.h>

#include <QClipboard>
#include <QGuiApplication>
#include <QInputDialog>

#include <QHeaderView>
#include <QLabel>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QTableView>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTimer>

#include "jobs/job_pool.h"
#include "models/runs_model.h"
#include "pages/history/runs_delegate.h"
#include "plots/comparison_plot.h"
#include "settings/fonts.h"
#include "settings/preferences.h"
#include "support/example_events.h"
#include "support/fake_engine.h"
#include "support/widgets.h"

namespace rosa::ui {
namespace {

using test::answer;
using test::click;
using test::findVisible;
using test::type;
using test::visibleText;

class HistoryPageTest : public ::testing::Test {
 protected:
  HistoryPageTest() {
    theme_.setMode(Theme::Mode::Light);
    theme_.applyTo(*qApp);
    page_.resize(1216, 744);
    footer_->setParent(nullptr);
    footer_->show();
  }
  ~HistoryPageTest() override { footer_->setParent(&page_); }

  void open() {
    page_.show();
    ASSERT_TRUE(QTest::qWaitFor([this] { return table()->model()->rowCount() > 0; }));
  }
  [[nodiscard]] QTableView* table() {
    for (auto* view : page_.findChildren<QTableView*>()) {
      if (view->accessibleName() == QStringLiteral("Runs")) return view;
    }
    return nullptr;
  }
  [[nodiscard]] QStringList names() {
    QStringList names;
    for (int row = 0; row < table()->model()->rowCount(); ++row) names << cell(row, RunsModel::Name).data().toString();
    return names;
  }
  [[nodiscard]] QModelIndex cell(int row, int column) { return table()->model()->index(row, column); }
  void clickCell(int row, int column) {
    QTest::mouseClick(table()->viewport(), Qt::LeftButton, {}, table()->visualRect(cell(row, column)).center());
  }
  void clickMark(int row) {
    const QRect rect = table()->visualRect(cell(row, RunsModel::Name));
    QTest::mouseClick(table()->viewport(), Qt::LeftButton, {}, QPoint(rect.left() + 14, rect.center().y()));
  }

  test::FakeEngine engine_;
  QTemporaryDir folder_;
  Theme theme_;
  Preferences preferences_{folder_.filePath(QStringLiteral("studio.ini"))};
  JobPool pool_;
  HistoryPage page_{engine_, engine_.processes(), pool_, theme_, preferences_, folder_.path().toStdString()};
  QWidget* footer_ = page_.footer();
};

TEST_F(HistoryPageTest, ListsTheNewestRunFirst) {
  open();
  EXPECT_EQ(names().front(), QStringLiteral("mrpc-rosa-8"));
  EXPECT_TRUE(visibleText(page_).contains(QStringLiteral("8 runs")));
}

TEST_F(HistoryPageTest, SearchesNameModelDataAndState) {
  open();
  ASSERT_TRUE(type(page_, QStringLiteral("Search runs"), QStringLiteral("STORIES")));
  EXPECT_EQ(names(), (QStringList{QStringLiteral("e2e-rosa-8"), QStringLiteral("e2e-lora-4")}));
  EXPECT_TRUE(visibleText(page_).contains(QStringLiteral("2 of 8 runs")));
  ASSERT_TRUE(type(page_, QStringLiteral("Search runs"), QStringLiteral("failed")));
  EXPECT_EQ(names(), QStringList{QStringLiteral("rte-rosa-8")});
}

TEST_F(HistoryPageTest, TheArrowStandsOnTheColumnThatIsSorted) {
  open();
  EXPECT_EQ(table()->horizontalHeader()->sortIndicatorSection(), static_cast<int>(RunsModel::Date));
  table()->sortByColumn(RunsModel::Name, Qt::AscendingOrder);
  EXPECT_EQ(names().front(), QStringLiteral("cola-rosa-16")) << "names sort by name";
  table()->sortByColumn(RunsModel::Date, Qt::DescendingOrder);
  EXPECT_EQ(names().front(), QStringLiteral("mrpc-rosa-8")) << "and there is a way back to the newest";
}

TEST_F(HistoryPageTest, EveryTitleHasRoomBesideTheArrow) {
  open();
  auto* header = table()->horizontalHeader();
  for (int column = RunsModel::Date; column < RunsModel::kColumns; ++column) {
    header->setSortIndicator(column, Qt::AscendingOrder);
    EXPECT_GE(header->sectionSize(column), header->sectionSizeHint(column)) << column;
  }
}

TEST_F(HistoryPageTest, ASmallWindowHasRoomForTheNameOfARun) {
  page_.resize(1155, 620);  // on a screen of 1280 x 720
  open();
  const int name = table()->horizontalHeader()->sectionSize(RunsModel::Name);
  const QFontMetrics metrics(textFont(TextSize::Body, QFont::DemiBold));
  // The name that the sample's third run is given, after its box.
  EXPECT_GE(name, metrics.horizontalAdvance(QStringLiteral("stories260k-e2e-3")) + 48);
}

TEST_F(HistoryPageTest, AClickBesideTheRowsLeavesTheRunOneActsOnMarked) {
  open();
  clickCell(2, RunsModel::Model);
  QTest::mouseClick(table()->viewport(), Qt::LeftButton, {},
                    QPoint(200, table()->visualRect(cell(table()->model()->rowCount() - 1, 0)).bottom() + 20));
  EXPECT_TRUE(findVisible<QPushButton>(page_, QStringLiteral("Open"))->isEnabled());
  EXPECT_TRUE(table()->selectionModel()->isRowSelected(2)) << "what Open opens can be seen";
}

TEST_F(HistoryPageTest, SaysThatNothingMatchesTheSearch) {
  open();
  ASSERT_TRUE(type(page_, QStringLiteral("Search runs"), QStringLiteral("nosuchrun")));
  EXPECT_TRUE(visibleText(page_).contains(QStringLiteral("No run matches “nosuchrun”.")));
  EXPECT_FALSE(table()->isVisible());
  EXPECT_FALSE(findVisible<QPushButton>(page_, QStringLiteral("Open"))->isEnabled());
  EXPECT_TRUE(test::screenshot(page_, QStringLiteral("history-no-match")));
  ASSERT_TRUE(type(page_, QStringLiteral("Search runs"), QStringLiteral("done")));
  EXPECT_TRUE(table()->isVisible()) << "the word that is shown is found";
  EXPECT_TRUE(findVisible<QPushButton>(page_, QStringLiteral("Open"))->isEnabled());
}

TEST_F(HistoryPageTest, APausedRunIsListedAsPaused) {
  engine_.records[3].status = "running";
  open();
  EXPECT_EQ(cell(3, RunsModel::State).data().toString(), QStringLiteral("training"));
  page_.setPaused(engine_.records[3].directory);
  EXPECT_EQ(cell(3, RunsModel::State).data().toString(), QStringLiteral("paused"));
  page_.setPaused({});
  EXPECT_EQ(cell(3, RunsModel::State).data().toString(), QStringLiteral("training"));
}

TEST_F(HistoryPageTest, TheWholeRowUnderTheMouseIsLifted) {
  open();
  const auto shade = [this](int column) {
    QTest::qWait(20);
    const QRect rect = table()->visualRect(cell(4, column));
    return table()->viewport()->grab().toImage().pixelColor(rect.right() - 2, rect.top() + 3);
  };
  EXPECT_EQ(shade(RunsModel::State), theme_.colors().surface);
  QTest::mouseMove(table()->viewport(), table()->visualRect(cell(3, RunsModel::Model)).center());
  QTest::mouseMove(table()->viewport(), table()->visualRect(cell(4, RunsModel::Model)).center());
  EXPECT_EQ(shade(RunsModel::Model), theme_.colors().raised);
  EXPECT_EQ(shade(RunsModel::State), theme_.colors().raised);
}

TEST_F(HistoryPageTest, ALongNameWidensNoDialog) {
  engine_.records[0].name = std::string(148, 'n');
  open();
  int width = 0;
  QTimer watch;
  QObject::connect(&watch, &QTimer::timeout, &watch, [&] {
    if (const auto* box = QApplication::activeModalWidget()) width = box->width();
  });
  watch.start(1);
  answer(QStringLiteral("Keep"), [&] { click(*footer_, QStringLiteral("Delete…")); });
  EXPECT_GT(width, 0);
  EXPECT_LT(width, 800);
}

TEST_F(HistoryPageTest, SortsByAColumn) {
  open();
  table()->sortByColumn(RunsModel::Time, Qt::AscendingOrder);
  EXPECT_EQ(names().front(), QStringLiteral("rte-rosa-8"));
}

TEST_F(HistoryPageTest, OpensTheRunThatIsClicked) {
  open();
  const QSignalSpy spy(&page_, &HistoryPage::openRequested);
  clickCell(3, RunsModel::Model);
  ASSERT_TRUE(click(page_, QStringLiteral("Open")));
  ASSERT_EQ(spy.count(), 1);
  EXPECT_EQ(spy.at(0).at(0).value<RunRecord>().name, "e2e-rosa-8");
}

TEST_F(HistoryPageTest, OpensWithTheReturnKey) {
  open();
  const QSignalSpy spy(&page_, &HistoryPage::openRequested);
  table()->setFocus();
  QTest::keyClick(table(), Qt::Key_Down);
  QTest::keyClick(table(), Qt::Key_Return);
  ASSERT_EQ(spy.count(), 1);
  EXPECT_EQ(spy.at(0).at(0).value<RunRecord>().name, "mrpc-lora-8");
}

TEST_F(HistoryPageTest, RenamesARunWhereItsNameStands) {
  open();
  ASSERT_TRUE(click(*footer_, QStringLiteral("Rename")));
  auto* edit = table()->findChild<QLineEdit*>();
  ASSERT_NE(edit, nullptr);
  EXPECT_EQ(edit->text(), QStringLiteral("mrpc-rosa-8"));
  edit->selectAll();
  QTest::keyClicks(edit, QStringLiteral("the good one"));
  QTest::keyClick(edit, Qt::Key_Return);
  ASSERT_TRUE(QTest::qWaitFor([this] { return names().front() == QStringLiteral("the good one"); }));
  EXPECT_EQ(engine_.records[0].name, "the good one");
}

TEST_F(HistoryPageTest, SaysWhyARunKeepsItsName) {
  engine_.renameRefusal = Error{"No space is left on the disk."};
  open();
  const QString told = test::answer(QStringLiteral("OK"), [this] {
    click(*footer_, QStringLiteral("Rename"));
    auto* edit = table()->findChild<QLineEdit*>();
    QTest::keyClicks(edit, QStringLiteral("x"));
    QTest::keyClick(edit, Qt::Key_Return);
  });
  EXPECT_TRUE(told.contains(QStringLiteral("No space is left on the disk."))) << told.toStdString();
  EXPECT_EQ(names().front(), QStringLiteral("mrpc-rosa-8"));
}

TEST_F(HistoryPageTest, ARunThatTrainsKeepsItsName) {
  engine_.records[0].status = "running";
  open();
  EXPECT_FALSE(findVisible<QPushButton>(*footer_, QStringLiteral("Rename"))->isEnabled());
  EXPECT_FALSE(cell(0, RunsModel::Name).flags().testFlag(Qt::ItemIsEditable));
}

TEST_F(HistoryPageTest, AMetricIsShownWithAllItsDigits) {
  open();
  const QFontMetrics metrics(table()->font());
  const int needed = metrics.horizontalAdvance(QStringLiteral("12.203")) + 4 +
                     metrics.horizontalAdvance(QStringLiteral("perplexity")) + 16;
  EXPECT_GE(table()->columnWidth(RunsModel::Metric), needed) << "12.203 read as 2.203";
}

TEST_F(HistoryPageTest, MarksRunsAndShowsWhatDiffers) {
  engine_.events[engine_.records[0].directory] = test::exampleEvents(400);
  engine_.events[engine_.records[1].directory] = test::exampleEvents(300);
  open();
  clickMark(0);
  clickMark(1);
  table()->setFocus();
  QTest::keyClick(table(), Qt::Key_Down);
  QTest::keyClick(table(), Qt::Key_Space);
  ASSERT_TRUE(QTest::qWaitFor([this] { return visibleText(page_).contains(QStringLiteral("3 runs, seed 0")); }));
  auto* differences = findVisible<QTableWidget>(page_, QStringLiteral("What differs"));
  ASSERT_NE(differences, nullptr);
  EXPECT_EQ(differences->columnCount(), 4);
  EXPECT_EQ(differences->horizontalHeaderItem(1)->text(), QStringLiteral("mrpc-rosa-8"));
  EXPECT_EQ(page_.findChild<ComparisonPlot*>()->lineCount(), 2) << "of the third run no events are there";
  EXPECT_EQ(page_.findChild<ComparisonPlot*>()->legend(),
            (QStringList{QStringLiteral("mrpc-rosa-8"), QStringLiteral("mrpc-lora-8")}));
  EXPECT_TRUE(test::screenshot(page_, QStringLiteral("history-page-light")));
  theme_.setMode(Theme::Mode::Dark);
  EXPECT_TRUE(test::screenshot(page_, QStringLiteral("history-page-dark")));
  EXPECT_EQ(differences->horizontalHeaderItem(1)->foreground().color(), theme_.colors().runs[0]);
}

TEST_F(HistoryPageTest, ASmallAndALargeWindowShareTheirHeight) {
  for (const int run : {0, 1, 2})
    engine_.events[engine_.records[static_cast<std::size_t>(run)].directory] = test::exampleEvents(400);
  // On screens of 1280 x 720 and 1920 x 1080, less the rail, the title and the footer.
  for (const QSize size : {QSize(1155, 620), QSize(1843, 984)}) {
    page_.resize(size);
    open();
    for (const int row : {0, 1, 2}) {
      if (cell(row, RunsModel::Name).data(Qt::CheckStateRole) != Qt::Checked) clickMark(row);
    }
    ASSERT_TRUE(QTest::qWaitFor([this] { return visibleText(page_).contains(QStringLiteral("3 runs, seed 0")); }));
    QTest::qWait(50);
    const auto* plot = page_.findChild<ComparisonPlot*>();
    EXPECT_GT(table()->viewport()->height(), 3 * table()->rowHeight(0)) << size.height();
    EXPECT_GT(plot->height(), size.height() / 4) << size.height();
    EXPECT_TRUE(test::screenshot(page_, QStringLiteral("history-%1").arg(size.width())));
    ASSERT_TRUE(click(page_, QStringLiteral("Parallel")));
    EXPECT_TRUE(test::screenshot(page_, QStringLiteral("history-parallel-%1").arg(size.width())));
    ASSERT_TRUE(click(page_, QStringLiteral("Scatter")));
    theme_.setMode(Theme::Mode::Dark);
    EXPECT_TRUE(test::screenshot(page_, QStringLiteral("history-scatter-%1").arg(size.width())));
    theme_.setMode(Theme::Mode::Light);
    ASSERT_TRUE(click(page_, QStringLiteral("Curves")));
  }
}

TEST_F(HistoryPageTest, WhatDiffersIsNamedInFull) {
  engine_.configs.at(engine_.records[0].directory).resampleEvery = {Interval::Unit::Steps, 50};
  open();
  for (const int row : {0, 1, 2}) clickMark(row);
  ASSERT_TRUE(QTest::qWaitFor([this] { return visibleText(page_).contains(QStringLiteral("3 runs, seed 0")); }));
  auto* differences = findVisible<QTableWidget>(page_, QStringLiteral("What differs"));
  ASSERT_NE(differences, nullptr);
  ASSERT_GT(differences->rowCount(), 0);
  for (int row = 0; row < differences->rowCount(); ++row) {
    const QString name = differences->item(row, 0)->text();
    EXPECT_GE(differences->columnWidth(0), differences->fontMetrics().horizontalAdvance(name)) << name.toStdString();
  }
}

TEST_F(HistoryPageTest, TheLongestTimesHaveRoom) {
  open();
  const auto* table = findVisible<QTableView>(page_, QStringLiteral("Runs"));
  for (const char* time : {"44m 44s", "23h 44m"}) {
    EXPECT_GE(table->columnWidth(RunsModel::Time),
              table->fontMetrics().horizontalAdvance(QLatin1String(time)) + 2 * RunsDelegate::kPadding)
        << time;
  }
}

TEST_F(HistoryPageTest, ANameTooLongForItsColumnEndsInDots) {
  engine_.records[0].name = std::string(60, 'H');
  open();
  for (const int row : {0, 1}) clickMark(row);
  ASSERT_TRUE(QTest::qWaitFor([this] { return visibleText(page_).contains(QStringLiteral("2 runs, seed 0")); }));
  auto* header = findVisible<QTableWidget>(page_, QStringLiteral("What differs"))->horizontalHeader();
  const QImage image = header->grab().toImage();
  const int right = header->sectionViewportPosition(1) + header->sectionSize(1);
  const QRgb ground = image.pixel(right - 2, 2);
  // The stem of an H rises above the middle of the line wherever it is cut; the dots lie on the line.
  for (int x = right - 16; x < right - 8; ++x) {
    for (int y = 2; y < image.height() / 2; ++y) ASSERT_EQ(image.pixel(x, y), ground) << x << ", " << y;
  }
}

TEST_F(HistoryPageTest, ContinuesOnlyWhatCanBeContinued) {
  open();
  const auto continueButton = [this] { return findVisible<QPushButton>(*footer_, QStringLiteral("Continue")); };
  EXPECT_EQ(continueButton(), nullptr) << "a completed run trains longer, or not at all";
  clickCell(3, RunsModel::Model);
  ASSERT_TRUE(continueButton()->isEnabled());
  page_.setTraining(true);
  EXPECT_TRUE(continueButton()->isEnabled());
  EXPECT_TRUE(continueButton()->toolTip().contains(QStringLiteral("Waits until the run that is training has ended")));
  page_.setTraining(false);
  const QSignalSpy spy(&page_, &HistoryPage::resumeRequested);
  ASSERT_TRUE(click(*footer_, QStringLiteral("Continue")));
  EXPECT_EQ(spy.at(0).at(0).value<RunRecord>().name, "e2e-rosa-8");
}

TEST_F(HistoryPageTest, TrainsAFinishedRunLonger) {
  open();
  const QSignalSpy spy(&page_, &HistoryPage::resumeRequested);
  QTimer::singleShot(50, &page_, [] {
    auto* dialog = qobject_cast<QInputDialog*>(QApplication::activeModalWidget());
    ASSERT_NE(dialog, nullptr);
    EXPECT_TRUE(dialog->labelText().contains(QStringLiteral("690 are done")));
    EXPECT_EQ(dialog->intMinimum(), 691);
    dialog->setIntValue(1000);
    dialog->accept();
  });
  ASSERT_TRUE(click(*footer_, QStringLiteral("Train longer…")));
  ASSERT_TRUE(QTest::qWaitFor([&] { return spy.count() == 1; }));
  EXPECT_EQ(engine_.extended.at(engine_.records[0].directory), 1000);
}

TEST_F(HistoryPageTest, CopiesTheCommandOfARun) {
  open();
  QGuiApplication::clipboard()->clear();
  ASSERT_TRUE(click(*footer_, QStringLiteral("Copy command")));
  ASSERT_TRUE(QTest::qWaitFor([] { return !QGuiApplication::clipboard()->text().isEmpty(); }));
  const QString command = QGuiApplication::clipboard()->text();
  EXPECT_TRUE(command.startsWith(QStringLiteral("rosa train"))) << command.toStdString();
  EXPECT_TRUE(command.contains(QStringLiteral("minilm-l6"))) << command.toStdString();
}

TEST_F(HistoryPageTest, TakesTheSettingsOfARunForANewOne) {
  open();
  engine_.configs[engine_.records[0].directory].out = "/somewhere/taken";
  const QSignalSpy spy(&page_, &HistoryPage::duplicateRequested);
  ASSERT_TRUE(click(*footer_, QStringLiteral("Duplicate")));
  ASSERT_TRUE(QTest::qWaitFor([&] { return spy.count() == 1; }));
  const auto config = spy.at(0).at(0).value<RunConfig>();
  EXPECT_EQ(config.model, "/models/minilm-l6");
  EXPECT_TRUE(config.out.empty()) << "two runs must not share a folder";
}

TEST_F(HistoryPageTest, DeletesOnlyAfterSayingWhatGoes) {
  open();
  const QString asked = answer(QStringLiteral("Keep"), [this] { click(*footer_, QStringLiteral("Delete…")); });
  EXPECT_TRUE(asked.contains(QStringLiteral("Delete mrpc-rosa-8 with all its files?"))) << asked.toStdString();
  EXPECT_TRUE(engine_.deleted().empty());
  answer(QStringLiteral("Delete files"), [this] { click(*footer_, QStringLiteral("Delete…")); });
  ASSERT_TRUE(QTest::qWaitFor([this] { return names().size() == 7; }));
  EXPECT_EQ(engine_.deleted(), std::vector{test::FakeEngine().records[0].directory});
}

TEST_F(HistoryPageTest, DeletesAllThatAreSelectedAfterOneQuestion) {
  for (auto& run : engine_.records) run.diskBytes = 3 << 20;
  engine_.records[1].status = "running";
  open();
  clickCell(0, RunsModel::Model);
  QTest::mouseClick(table()->viewport(), Qt::LeftButton, Qt::ShiftModifier,
                    table()->visualRect(cell(2, RunsModel::Model)).center());
  EXPECT_TRUE(visibleText(*footer_).contains(QStringLiteral("3 runs are selected, 9.0 MiB on disk")))
      << visibleText(*footer_).toStdString();
  EXPECT_FALSE(findVisible<QPushButton>(page_, QStringLiteral("Open"))->isEnabled());
  const QString asked = answer(QStringLiteral("Delete files"), [this] { click(*footer_, QStringLiteral("Delete…")); });
  EXPECT_TRUE(asked.contains(QStringLiteral("Delete 2 runs with all their files?"))) << asked.toStdString();
  EXPECT_TRUE(asked.contains(QStringLiteral("6.0 MiB"))) << asked.toStdString();
  EXPECT_TRUE(asked.contains(QStringLiteral("What is training stays."))) << asked.toStdString();
  ASSERT_TRUE(QTest::qWaitFor([this] { return names().size() == 6; }));
  EXPECT_EQ(engine_.deleted().size(), 2u);
  EXPECT_TRUE(names().contains(QStringLiteral("mrpc-lora-8")));
}

TEST_F(HistoryPageTest, SpaceMarksAllThatAreSelected) {
  open();
  table()->setFocus();
  QTest::keyClick(table(), Qt::Key_A, Qt::ControlModifier);
  QTest::keyClick(table(), Qt::Key_Space);
  for (int row = 0; row < 8; ++row) EXPECT_EQ(cell(row, RunsModel::Name).data(Qt::CheckStateRole), Qt::Checked) << row;
  QTest::keyClick(table(), Qt::Key_Space);
  EXPECT_EQ(cell(4, RunsModel::Name).data(Qt::CheckStateRole), Qt::Unchecked);
}

TEST_F(HistoryPageTest, KeepsTagsAndNotesAndFindsThem) {
  open();
  clickCell(3, RunsModel::Model);
  ASSERT_TRUE(type(page_, QStringLiteral("Tags"), QStringLiteral("paper, figure 3")));
  auto* note = findVisible<QPlainTextEdit>(page_, QStringLiteral("Note"));
  note->setFocus();
  QTest::keyClicks(note, QStringLiteral("rank too low"));
  clickCell(0, RunsModel::Model);
  const auto& kept = engine_.records[3].notes;
  ASSERT_TRUE(QTest::qWaitFor([&] { return !kept.tags.empty() && !kept.note.empty(); }));
  EXPECT_EQ(kept.tags, (std::vector<std::string>{"paper", "figure 3"}));
  EXPECT_EQ(kept.note, "rank too low");
  ASSERT_TRUE(QTest::qWaitFor([this] {
    return cell(3, RunsModel::Name).data(Qt::ToolTipRole).toString().contains(QStringLiteral("rank too low"));
  }));
  ASSERT_TRUE(type(page_, QStringLiteral("Search runs"), QStringLiteral("LOW paper")));
  EXPECT_EQ(names(), QStringList{QStringLiteral("e2e-rosa-8")});
  EXPECT_TRUE(test::screenshot(page_, QStringLiteral("history-tagged")));
}

TEST_F(HistoryPageTest, SaysWhyNotesWereNotSaved) {
  engine_.annotateRefusal = Error{"No space is left on the disk."};
  open();
  const QString told = answer(QStringLiteral("OK"), [this] {
    type(page_, QStringLiteral("Tags"), QStringLiteral("x"));
    QTest::keyClick(findVisible<QLineEdit>(page_, QStringLiteral("Tags")), Qt::Key_Return);
  });
  EXPECT_TRUE(told.contains(QStringLiteral("No space is left on the disk."))) << told.toStdString();
}

TEST_F(HistoryPageTest, TellsWhatARunTakesOnTheDisk) {
  engine_.records[0].diskBytes = 5 << 20;
  open();
  EXPECT_EQ(cell(0, RunsModel::Disk).data().toString(), QStringLiteral("5.0 MiB"));
}

TEST_F(HistoryPageTest, SaysWhenThereIsNothingYet) {
  engine_.records.clear();
  page_.show();
  ASSERT_TRUE(QTest::qWaitFor([this] { return visibleText(page_).contains(QStringLiteral("No runs yet.")); }));
  EXPECT_FALSE(findVisible<QPushButton>(page_, QStringLiteral("Open"))->isEnabled());
  EXPECT_TRUE(test::screenshot(page_, QStringLiteral("history-empty")));
}

}  // namespace
}  // namespace rosa::ui
