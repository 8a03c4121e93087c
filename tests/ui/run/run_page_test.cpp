// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/run/run_page.h"

#include <gtest/gtest.h>

#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QTabBar>
#include <QTableWidget>
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
  RunController controller_{engine_, pool_};
  RunPage page_{controller_, theme_};
};

TEST_F(RunPageTest, SaysWhatWillAppearBeforeTheFirstRun) {
  EXPECT_TRUE(visibleText(page_).contains(QStringLiteral("No run yet")));
  const QSignalSpy spy(&page_, &RunPage::configureRequested);
  EXPECT_TRUE(test::screenshot(page_, QStringLiteral("run-empty")));
  ASSERT_TRUE(click(page_, QStringLiteral("Go to Configure")));
  EXPECT_EQ(spy.count(), 1);
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
  auto* table = page_.findChild<QTableWidget*>();
  ASSERT_EQ(table->rowCount(), 3);
  EXPECT_EQ(table->item(0, 0)->text(), QStringLiteral("2"));
  EXPECT_EQ(table->item(0, 1)->text(), QStringLiteral("396"));
  EXPECT_EQ(table->item(0, 4)->text(), QStringLiteral("−0.021"));
  EXPECT_EQ(table->item(2, 3)->text(), QStringLiteral("start"));
}

TEST_F(RunPageTest, HighlightsTheSameResampleInPlotsAndList) {
  trainTo(420);
  auto* table = page_.findChild<QTableWidget*>();
  auto* plots = page_.findChild<RunPlots*>();
  QTest::mouseMove(plots->canvas(), plots->positionOf(190));
  QTest::mouseMove(plots->canvas(), plots->positionOf(198));
  ASSERT_TRUE(QTest::qWaitFor([&] { return table->item(1, 0)->background() == QBrush(theme_.colors().raised); }));
  EXPECT_NE(table->item(0, 0)->background(), QBrush(theme_.colors().raised));
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
  EXPECT_EQ(commands(), (std::vector<std::string>{"pause", "save", "sample", "unpause"}));
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
  EXPECT_EQ(exporting.at(0).at(0).value<RunRecord>().directory, test::exampleStart().runDirectory);
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
  ASSERT_TRUE(click(page_, QStringLiteral("Show the run that trains")));
  EXPECT_EQ(metric("Step"), QStringLiteral("50 of 950"));
  EXPECT_NE(button("Pause"), nullptr);
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
