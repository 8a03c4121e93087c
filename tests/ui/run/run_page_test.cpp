// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/run/run_page.h"

#include <gtest/gtest.h>

#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QTabBar>
#include <QTableView>
#include <QTextBrowser>
#include <QTimer>

#include "jobs/job_pool.h"
#include "pages/run/metric_strip.h"
#include "plots/run_plots.h"
#include "support/example_events.h"
#include "support/fake_engine.h"
#include "support/widgets.h"
#include "widgets/pill.h"

namespace rosa::ui {
namespace {

using test::click;
using test::findVisible;
using test::type;
using test::visibleText;

class RunPageTest : public ::testing::Test {
 protected:
  RunPageTest() {
    theme_.setMode(Theme::Mode::Light);
    theme_.applyTo(*qApp);
    page_.resize(1216, 760);
    page_.show();
  }

  void start() {
    controller_.start(test::sampleConfig());
    ASSERT_TRUE(QTest::qWaitFor([this] { return controller_.state() == RunController::State::Training; }));
  }
  /// The sample run up to `step`, shown.
  void trainTo(std::int64_t step) {
    start();
    for (const Event& event : test::exampleEvents(step)) engine_.run()->emit(event);
    ASSERT_TRUE(QTest::qWaitFor([&] { return metric("Step").startsWith(QString::number(step)); }, 60000));
    QTest::qWait(50);
  }
  [[nodiscard]] QString metric(const char* label) {
    return page_.findChild<MetricStrip*>()->valueOf(QLatin1String(label));
  }
  [[nodiscard]] QString status() {
    const auto* pill = page_.findChild<Pill*>();
    return pill->isVisible() ? pill->text() : QString();
  }
  [[nodiscard]] QPushButton* button(const char* text) {
    return findVisible<QPushButton>(page_, QString::fromUtf8(text));
  }
  [[nodiscard]] QAbstractItemModel* resamples() {
    return findVisible<QTableView>(page_, QStringLiteral("Resamples"))->model();
  }
  [[nodiscard]] QModelIndex cell(int row, int column) { return resamples()->index(row, column); }
  /// Clicks `choice` in the message box that `action` opens.
  void answer(const QString& choice, const std::function<void()>& action) {
    bool clicked = false;
    QTimer timer;
    QObject::connect(&timer, &QTimer::timeout, &timer, [&] {
      QWidget* box = QApplication::activeModalWidget();
      if (box == nullptr || clicked) return;
      clicked = click(*box, choice);
    });
    timer.start(10);
    action();
    EXPECT_TRUE(clicked) << "no button " << choice.toStdString();
  }
  [[nodiscard]] std::vector<std::string> commands() { return engine_.run()->commands(); }

  test::FakeEngine engine_;
  Theme theme_;
  JobPool pool_;
  RunController controller_{engine_, engine_.processes(), pool_};
  RunPage page_{controller_, theme_};
};

TEST_F(RunPageTest, SaysWhatWillAppearBeforeTheFirstRun) {
  EXPECT_TRUE(visibleText(page_).contains(QStringLiteral("No run yet")));
  const QSignalSpy spy(&page_, &RunPage::configureRequested);
  EXPECT_TRUE(test::screenshot(page_, QStringLiteral("run-empty")));
  ASSERT_TRUE(click(page_, QStringLiteral("Go to Configure")));
  EXPECT_EQ(spy.count(), 1);
}

TEST_F(RunPageTest, DoesNotDenyTheRunsThereAre) {
  page_.setKnownRuns(10);
  EXPECT_FALSE(visibleText(page_).contains(QStringLiteral("No run yet")));
  EXPECT_TRUE(visibleText(page_).contains(QStringLiteral("Open one in History")));
}

TEST_F(RunPageTest, NamesThePhaseBeforeTheFirstStep) {
  start();
  engine_.run()->emit(PhaseChanged{"loading model", 0});
  ASSERT_TRUE(QTest::qWaitFor([this] { return visibleText(page_).contains(QStringLiteral("loading model")); }));
  EXPECT_EQ(status(), QStringLiteral("starting"));
  EXPECT_TRUE(test::screenshot(page_, QStringLiteral("run-starting")));
}

TEST_F(RunPageTest, ShowsTheRunAsItTrains) {
  trainTo(420);
  EXPECT_EQ(status(), QStringLiteral("training"));
  EXPECT_TRUE(visibleText(page_).contains(QStringLiteral("stories260k-e2e")));
  EXPECT_EQ(metric("Speed"), QStringLiteral("18,400 tokens/s"));
  EXPECT_TRUE(visibleText(page_).contains(QStringLiteral("every 198 steps")));
  EXPECT_TRUE(visibleText(page_).contains(QStringLiteral("Next at step 594")));
  EXPECT_TRUE(test::screenshot(page_, QStringLiteral("run-page-light")));
  theme_.setMode(Theme::Mode::Dark);
  EXPECT_TRUE(test::screenshot(page_, QStringLiteral("run-page-dark")));
}

TEST_F(RunPageTest, ListsResamplesNewestFirst) {
  trainTo(420);
  ASSERT_EQ(resamples()->rowCount(), 3);
  EXPECT_EQ(cell(0, 0).data().toString(), QStringLiteral("2"));
  EXPECT_EQ(cell(0, 1).data().toString(), QStringLiteral("396"));
  EXPECT_EQ(cell(0, 4).data().toString(), QStringLiteral("−0.021"));
  EXPECT_EQ(cell(2, 3).data().toString(), QStringLiteral("start"));
  for (int column = 0; column < resamples()->columnCount(); ++column) {
    EXPECT_FALSE(resamples()->headerData(column, Qt::Horizontal, Qt::ToolTipRole).toString().isEmpty()) << column;
  }
}

TEST_F(RunPageTest, HighlightsTheSameResampleInPlotsAndList) {
  trainTo(420);
  const auto raised = [&](int row) {
    return cell(row, 0).data(Qt::BackgroundRole).value<QBrush>() == QBrush(theme_.colors().raised);
  };
  auto* plots = page_.findChild<RunPlots*>();
  QTest::mouseMove(plots->canvas(), plots->positionOf(190));
  QTest::mouseMove(plots->canvas(), plots->positionOf(198));
  ASSERT_TRUE(QTest::qWaitFor([&] { return raised(1); }));
  EXPECT_FALSE(raised(0));
  EXPECT_TRUE(test::screenshot(page_, QStringLiteral("run-resample-light")));
  theme_.setMode(Theme::Mode::Dark);
  EXPECT_TRUE(test::screenshot(page_, QStringLiteral("run-resample-dark")));
}

TEST_F(RunPageTest, PausesAndResumes) {
  trainTo(30);
  ASSERT_TRUE(click(page_, QStringLiteral("Pause")));
  EXPECT_EQ(status(), QStringLiteral("pausing"));
  engine_.run()->emit(PhaseChanged{"paused", 30});
  ASSERT_TRUE(QTest::qWaitFor([this] { return status() == QStringLiteral("paused"); }));
  ASSERT_TRUE(click(page_, QStringLiteral("Save now")));
  ASSERT_TRUE(click(page_, QStringLiteral("Sample now")));
  ASSERT_TRUE(click(page_, QStringLiteral("Resume")));
  EXPECT_EQ(status(), QStringLiteral("training"));
  ASSERT_TRUE(QTest::qWaitFor([this] { return commands().size() == 4; }));
  EXPECT_EQ(commands(), (std::vector<std::string>{"pause", "save", "sample", "unpause"}));
}

TEST_F(RunPageTest, APromptOfOnesOwnIsSampledWhileTheRunTrains) {
  trainTo(420);
  ASSERT_TRUE(type(page_, QStringLiteral("Prompt of your own"), QStringLiteral("Once upon a time")));
  auto* prompt = findVisible<QLineEdit>(page_, QStringLiteral("Prompt of your own"));
  QTest::keyClick(prompt, Qt::Key_Return);
  EXPECT_TRUE(prompt->text().isEmpty());
  QTest::keyClick(prompt, Qt::Key_Return);
  ASSERT_TRUE(QTest::qWaitFor([this] { return commands().size() == 1; }));
  EXPECT_EQ(commands(), (std::vector<std::string>{"sample Once upon a time"}));
  answer(QStringLiteral("Stop and save"), [this] { click(page_, QStringLiteral("Stop…")); });
  EXPECT_TRUE(QTest::qWaitFor([this] {
    return findVisible<QLineEdit>(page_, QStringLiteral("Prompt of your own")) == nullptr;
  })) << "nobody would answer";
}

TEST_F(RunPageTest, StopsOnlyAfterAsking) {
  trainTo(420);
  answer(QStringLiteral("Keep training"), [this] { click(page_, QStringLiteral("Stop…")); });
  EXPECT_TRUE(commands().empty());
  QSignalSpy ended(&controller_, &RunController::ended);
  answer(QStringLiteral("Stop and save"), [this] { click(page_, QStringLiteral("Stop…")); });
  ASSERT_TRUE(ended.count() == 1 || ended.wait(60000));
  EXPECT_EQ(status(), QStringLiteral("stopped"));
  EXPECT_EQ(button("Pause"), nullptr);
  ASSERT_NE(button("Export…"), nullptr);
  EXPECT_TRUE(button("Export…")->isEnabled());
  const QSignalSpy exporting(&page_, &RunPage::exportRequested);
  ASSERT_TRUE(click(page_, QStringLiteral("Export…")));
  const auto exported = exporting.at(0).at(0).value<RunRecord>();
  EXPECT_EQ(exported.directory, test::exampleStart().runDirectory);
  EXPECT_EQ(exported.method, "rosa") << "the dialog offers what the method can be written as";
  const QSignalSpy going(&page_, &RunPage::continueRequested);
  ASSERT_TRUE(click(page_, QStringLiteral("Continue")));
  EXPECT_EQ(going.count(), 1);
  EXPECT_TRUE(test::screenshot(page_, QStringLiteral("run-stopped")));
}

TEST_F(RunPageTest, ShowsWhyARunFailed) {
  trainTo(20);
  QSignalSpy ended(&controller_, &RunController::ended);
  engine_.run()->emit(RunFailed{20, "No space is left on the disk. Free at least 120 MiB and continue."});
  ASSERT_TRUE(ended.wait(60000));
  EXPECT_EQ(status(), QStringLiteral("failed"));
  EXPECT_TRUE(visibleText(page_).contains(QStringLiteral("Free at least 120 MiB")));
  EXPECT_FALSE(button("Export…")->isEnabled()) << "nothing was saved";
  EXPECT_TRUE(test::screenshot(page_, QStringLiteral("run-failed")));
}

TEST_F(RunPageTest, ShowsTextSamplesAndTheLog) {
  trainTo(420);
  auto* samples = findVisible<QTextBrowser>(page_, QStringLiteral("Text samples"));
  ASSERT_NE(samples, nullptr);
  const QString text = samples->toPlainText();
  const auto newest = text.indexOf(QStringLiteral("The Vaults is a pub near Café Adriatic."));
  const auto base = text.indexOf(QStringLiteral("little girl"));
  EXPECT_GE(newest, 0);
  EXPECT_GT(base, newest) << "the newest comes first";
  auto* tabs = page_.findChild<QTabBar*>();
  QTest::mouseClick(tabs, Qt::LeftButton, {}, tabs->tabRect(1).center());
  auto* log = findVisible<QPlainTextEdit>(page_, QStringLiteral("Log"));
  ASSERT_NE(log, nullptr);
  EXPECT_TRUE(log->toPlainText().contains(QStringLiteral("Saved step 400, 11.0 MiB, read back and verified")));
  EXPECT_TRUE(test::screenshot(page_, QStringLiteral("run-log")));
  const auto lines = log->toPlainText().count(QLatin1Char('\n'));
  engine_.run()->emit(LogLine{"warning", "The disk is slow."});
  ASSERT_TRUE(
      QTest::qWaitFor([&] { return log->toPlainText().endsWith(QStringLiteral("Warning: The disk is slow.")); }));
  EXPECT_EQ(log->toPlainText().count(QLatin1Char('\n')), lines + 1) << "lines are added, not repeated";
}

TEST_F(RunPageTest, ShowsAStoredRunWhileAnotherTrains) {
  trainTo(50);
  auto events = test::exampleEvents(420);
  RunFinished done;
  done.outcome = "completed";
  done.elapsedSeconds = 250;
  events.emplace_back(done);
  page_.showStored(engine_.records[3], events);
  EXPECT_EQ(status(), QStringLiteral("done"));
  EXPECT_EQ(metric("Step"), QStringLiteral("420 of 950"));
  EXPECT_EQ(page_.directory(), engine_.records[3].directory);
  EXPECT_EQ(button("Pause"), nullptr) << "the buttons would act on another run than the one on show";
  ASSERT_TRUE(click(page_, QStringLiteral("Show the run that is training")));
  EXPECT_EQ(metric("Step"), QStringLiteral("50 of 950"));
  EXPECT_NE(button("Pause"), nullptr);
}

TEST_F(RunPageTest, ALongNameLeavesTheButtonsOnThePage) {
  start();
  RunStarted named = test::exampleStart();
  const int narrowest = page_.minimumSizeHint().width();
  named.name = std::string(148, 'n');
  engine_.run()->emit(named);
  ASSERT_TRUE(QTest::qWaitFor([&] { return visibleText(page_).contains(QString::fromStdString(named.name)); }));
  QTest::qWait(50);
  EXPECT_EQ(page_.width(), 1216);
  EXPECT_LT(page_.minimumSizeHint().width(), narrowest + 40);
  for (const char* name : {"Pause", "Stop…"}) {
    const auto* found = button(name);
    ASSERT_NE(found, nullptr);
    EXPECT_LE(found->mapTo(&page_, found->rect().topRight()).x(), page_.width()) << name;
  }
  EXPECT_TRUE(test::screenshot(page_, QStringLiteral("run-long-name")));
}

TEST_F(RunPageTest, AFailureWithAPathOfOneWordLeavesTheWidth) {
  trainTo(20);
  const int narrowest = page_.minimumSizeHint().width();
  QSignalSpy ended(&controller_, &RunController::ended);
  engine_.run()->emit(RunFailed{20, std::string(900, 'x') + " cannot be written."});
  ASSERT_TRUE(ended.wait(60000));
  EXPECT_LT(page_.minimumSizeHint().width(), narrowest + 40);
}

TEST_F(RunPageTest, AStaggeredRunKeepsTheListShort) {
  start();
  RunStarted started = test::exampleStart();
  started.totalSteps = 100000;
  started.resampleEverySteps = 200;
  engine_.run()->emit(started);
  // A table of 48 layers, one of them at a time: 24,000 events.
  constexpr std::int64_t kLayers = 48;
  std::int64_t step = 0;
  for (std::int64_t i = 0; i < 24000; ++i) {
    ResampleCompleted event;
    event.cycle = i + 1;
    step = event.step = 200 * (1 + i / kLayers) + (i % kLayers) * 200 / kLayers;
    event.layers = {{"layer." + std::to_string(i % kLayers), (i * 7) % 56, 8, 64}};
    event.milliseconds = 1;
    engine_.run()->emit(event);
  }
  StepCompleted done;
  done.step = step;
  done.loss = 2;
  engine_.run()->emit(done);
  ASSERT_TRUE(QTest::qWaitFor([&] { return resamples()->rowCount() == 500; }, 60000)) << resamples()->rowCount();
  EXPECT_EQ(cell(0, 0).data().toString(), QStringLiteral("24000"));
  QSignalSpy reset(resamples(), &QAbstractItemModel::modelReset);
  QSignalSpy inserted(resamples(), &QAbstractItemModel::rowsInserted);
  ResampleCompleted next;
  next.cycle = 24001;
  next.step = 100200;
  next.layers = {{"layer.0", 0, 8, 64}};
  engine_.run()->emit(next);
  ASSERT_TRUE(QTest::qWaitFor([&] { return resamples()->rowCount() == 501; }, 60000));
  EXPECT_EQ(inserted.count(), 1);
  EXPECT_EQ(reset.count(), 0) << "one more resample is one more row, not a table made anew";
  EXPECT_TRUE(test::screenshot(page_, QStringLiteral("run-staggered")));
}

TEST_F(RunPageTest, AnInterruptedRunHasNoTimeLeftAndNoNextResample) {
  RunRecord record = engine_.records[3];
  record.status = "interrupted";
  page_.showStored(record, test::exampleEvents(420));
  EXPECT_EQ(status(), QStringLiteral("interrupted"));
  EXPECT_EQ(metric("Left"), QStringLiteral("–"));
  EXPECT_FALSE(visibleText(page_).contains(QStringLiteral("Next at step")));
  record.status = "running";
  page_.showStored(record, test::exampleEvents(420));
  EXPECT_NE(metric("Left"), QStringLiteral("–")) << "one that another program trains goes on";
}

TEST_F(RunPageTest, HidesWhatAMethodDoesNotHave) {
  start();
  RunStarted lora = test::exampleStart();
  lora.method = "lora";
  lora.task = "classification";
  lora.resampleEverySteps = 0;
  engine_.run()->emit(lora);
  ASSERT_TRUE(QTest::qWaitFor([this] { return !visibleText(page_).contains(QStringLiteral("Resamples")); }));
  EXPECT_FALSE(visibleText(page_).contains(QStringLiteral("Directions trained")));
  EXPECT_EQ(button("Sample now"), nullptr) << "a classifier writes no text";
  EXPECT_NE(findVisible<QPlainTextEdit>(page_, QStringLiteral("Log")), nullptr);
}

}  // namespace
}  // namespace rosa::ui
