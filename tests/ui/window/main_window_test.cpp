// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/main_window.h"

#include <gtest/gtest.h>

#include <QComboBox>
#include <QDialog>
#include <QScreen>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTimer>
#include <atomic>
#include <filesystem>
#include <mutex>

#include "bridge/run_controller.h"
#include "jobs/job_pool.h"
#include "pages/configure/configure_page.h"
#include "pages/run/metric_strip.h"
#include "settings/language.h"
#include "settings/preferences.h"
#include "support/example_events.h"
#include "support/fake_engine.h"
#include "support/golden.h"
#include "support/widgets.h"
#include "widgets/pill.h"
#include "window/help_dialog.h"

namespace rosa::ui {
namespace {

using test::answer;
using test::click;
using test::findVisible;
using test::type;
using test::visibleText;

class MainWindowTest : public ::testing::Test {
 protected:
  MainWindowTest() {
    theme_.setMode(Theme::Mode::Light);
    theme_.applyTo(*qApp);
    makeWindow();
  }
  ~MainWindowTest() override {
    // A run that still trains would make the window ask.
    if (engine_.run() != nullptr && training_) engine_.run()->stop(StopMode::Discard);
  }

  void makeWindow() {
    Places places;
    places.home = folder_.path().toStdString();
    places.sampleConfig = test::sourceDirectory() / "resources/presets/sample.yaml";
    window_ = std::make_unique<MainWindow>(engine_, engine_.processes(), pool_, theme_, preferences_, places);
    // The screen of these tests is smaller than the window they look at.
    window_->setWindowState(Qt::WindowNoState);
    window_->resize(1280, 800);
    window_->show();
  }
  [[nodiscard]] bool shows(const char* text) { return visibleText(*window_).contains(QString::fromUtf8(text)); }
  [[nodiscard]] bool waitFor(const std::function<bool()>& condition) { return QTest::qWaitFor(condition, 60000); }
  [[nodiscard]] QPushButton* startButton() { return findVisible<QPushButton>(*window_, QStringLiteral("start")); }
  /// Presses Start as soon as the plan is ready, and waits for the Run page.
  void start() {
    ASSERT_TRUE(waitFor([this] { return startButton() != nullptr && startButton()->isEnabled(); }));
    ASSERT_TRUE(click(*window_, QStringLiteral("start")));
    ASSERT_TRUE(waitFor([this] { return window_->place() == MainWindow::Run; }));
    training_ = true;
  }
  void trainTo(std::int64_t step) {
    for (const Event& event : test::exampleEvents(step)) engine_.run()->emit(event);
    ASSERT_TRUE(waitFor([&] {
      return window_->findChild<MetricStrip*>()->valueOf(QStringLiteral("Step")).startsWith(QString::number(step));
    }));
  }
  void finish(const char* outcome) {
    RunFinished finished;
    finished.outcome = outcome;
    finished.elapsedSeconds = 350;
    engine_.run()->emit(finished);
    training_ = false;
    ASSERT_TRUE(waitFor([this] { return !window_->findChild<RunController*>()->active(); }));
  }
  [[nodiscard]] QTableView* runsTable() { return findVisible<QTableView>(*window_, QStringLiteral("Runs")); }
  void openHistory() {
    ASSERT_TRUE(click(*window_, QStringLiteral("History")));
    ASSERT_TRUE(waitFor([this] { return runsTable() != nullptr && runsTable()->model()->rowCount() > 0; }));
  }
  void selectRow(int row) {
    QTableView* table = runsTable();
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualRect(table->model()->index(row, 1)).center());
  }
  void press(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::ControlModifier) {
    window_->activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(window_.get()));
    QTest::keyClick(window_.get(), key, modifiers);
    QTest::qWait(10);
  }

  test::FakeEngine engine_;
  QTemporaryDir folder_;
  Theme theme_;
  Preferences preferences_{folder_.filePath(QStringLiteral("studio.ini"))};
  JobPool pool_;
  std::unique_ptr<MainWindow> window_;
  bool training_ = false;
};

TEST_F(MainWindowTest, EveryFieldSaysWhatItIsFor) {
  EXPECT_EQ(test::withoutToolTip(*window_).join(QStringLiteral(", ")).toStdString(), "");
}

TEST_F(MainWindowTest, OpensWithTheSampleProjectReadyToStart) {
  EXPECT_EQ(window_->place(), MainWindow::Configure);
  EXPECT_TRUE(shows("from the sample project"));
  EXPECT_TRUE(shows("Ready"));
  EXPECT_FALSE(shows("No run")) << "the footers of the other places are hidden";
  ASSERT_TRUE(waitFor([this] { return startButton()->isEnabled(); }));
  EXPECT_EQ(window_->findChild<ConfigurePage*>()->config().model.filename(), "stories260k");
  ASSERT_TRUE(waitFor([this] { return shows("2 cores · 25.0 GiB · no GPU"); }));
  EXPECT_TRUE(test::screenshot(*window_, QStringLiteral("window-configure-light")));
  theme_.setMode(Theme::Mode::Dark);
  EXPECT_TRUE(test::screenshot(*window_, QStringLiteral("window-configure-dark")));
}

TEST_F(MainWindowTest, StartsOnAClickAndShowsTheRun) {
  start();
  trainTo(420);
  ASSERT_EQ(engine_.started().size(), 1U);
  EXPECT_EQ(engine_.started()[0].task, Task::Completion);
  EXPECT_TRUE(shows("44 %"));
  EXPECT_TRUE(shows("last save: step 400 verified"));
  EXPECT_TRUE(test::screenshot(*window_, QStringLiteral("window-run-light")));
  theme_.setMode(Theme::Mode::Dark);
  EXPECT_TRUE(test::screenshot(*window_, QStringLiteral("window-run-dark")));
}

TEST_F(MainWindowTest, SaysHowARunEndedToWhoeverTellsTheDesktop) {
  const QSignalSpy spy(window_.get(), &MainWindow::runEnded);
  start();
  trainTo(420);
  finish("completed");
  ASSERT_EQ(spy.count(), 1);
  EXPECT_EQ(spy[0][0].toString(), QStringLiteral("stories260k-e2e"));
  EXPECT_EQ(spy[0][1].toString(), QStringLiteral("done after 5m 50s"));
}

TEST_F(MainWindowTest, ASecondStartWaitsInTheQueue) {
  start();
  ASSERT_TRUE(click(*window_, QStringLiteral("Configure")));
  ASSERT_TRUE(waitFor([this] { return shows("A run is training. This one waits for its turn."); }));
  EXPECT_EQ(startButton()->text(), QStringLiteral("Add to queue"));
  EXPECT_TRUE(test::screenshot(*window_, QStringLiteral("window-queueing")));
  ASSERT_TRUE(click(*window_, QStringLiteral("start")));
  ASSERT_TRUE(waitFor([this] { return window_->place() == MainWindow::History; }));
  EXPECT_EQ(engine_.processes().queue()->size(), 1U);
  finish("stopped");
  ASSERT_TRUE(click(*window_, QStringLiteral("Configure")));
  ASSERT_TRUE(waitFor([this] { return startButton()->text() == QStringLiteral("Start"); }));
}

TEST_F(MainWindowTest, SaysAtTheStartButtonWhyARunDidNotStart) {
  engine_.trainRefusal = Error{"The folder of the run exists already. Choose another name."};
  ASSERT_TRUE(waitFor([this] { return startButton()->isEnabled(); }));
  ASSERT_TRUE(click(*window_, QStringLiteral("start")));
  ASSERT_TRUE(waitFor([this] { return shows("Choose another name."); }));
  EXPECT_EQ(window_->place(), MainWindow::Configure);
}

TEST_F(MainWindowTest, OpensARunOfThePast) {
  const auto directory = engine_.records[3].directory;
  auto events = test::exampleEvents(300);
  RunFinished stopped;
  stopped.outcome = "stopped";
  events.emplace_back(stopped);
  engine_.events[directory] = events;
  engine_.records[3].name = "renamed since";
  openHistory();
  EXPECT_TRUE(test::screenshot(*window_, QStringLiteral("window-history-light")));
  theme_.setMode(Theme::Mode::Dark);
  EXPECT_TRUE(test::screenshot(*window_, QStringLiteral("window-history-dark")));
  selectRow(3);
  ASSERT_TRUE(click(*window_, QStringLiteral("Open")));
  ASSERT_TRUE(waitFor([this] { return window_->place() == MainWindow::Run; }));
  EXPECT_EQ(window_->findChild<MetricStrip*>()->valueOf(QStringLiteral("Step")), QStringLiteral("300 of 950"));
  EXPECT_TRUE(shows("renamed since"));
  EXPECT_NE(findVisible<QPushButton>(*window_, QStringLiteral("Continue")), nullptr);
}

TEST_F(MainWindowTest, SaysWhyARunOfThePastCannotBeOpened) {
  openHistory();
  const QString told = answer(QStringLiteral("OK"), [this] { click(*window_, QStringLiteral("Open")); });
  EXPECT_TRUE(told.contains(QStringLiteral("There is no run in"))) << told.toStdString();
  EXPECT_EQ(window_->place(), MainWindow::History);
}

TEST_F(MainWindowTest, ContinuesARunFromHistory) {
  openHistory();
  selectRow(3);
  ASSERT_TRUE(click(*window_, QStringLiteral("Continue")));
  ASSERT_TRUE(waitFor([this] { return window_->place() == MainWindow::Run; }));
  training_ = true;
  EXPECT_EQ(engine_.resumed(), std::vector{engine_.records[3].directory});
}

TEST_F(MainWindowTest, AsksBeforeItContinuesOnChangedData) {
  engine_.dataChanges = "/data/e2e/train.csv has changed";
  openHistory();
  selectRow(3);
  const auto pressContinue = [this] { click(*window_, QStringLiteral("Continue")); };
  const QString told = answer(QStringLiteral("Leave it"), pressContinue);
  EXPECT_TRUE(told.contains(QStringLiteral("/data/e2e/train.csv has changed."))) << told.toStdString();
  EXPECT_FALSE(told.contains(QStringLiteral("--data-changed"))) << "a window needs no terminal";
  EXPECT_FALSE(window_->findChild<RunController*>()->active());
  EXPECT_EQ(window_->place(), MainWindow::History);
  EXPECT_TRUE(engine_.resumed().empty());

  answer(QStringLiteral("Continue anyway"), pressContinue);
  ASSERT_TRUE(waitFor([this] { return window_->place() == MainWindow::Run; }));
  training_ = true;
  EXPECT_EQ(engine_.resumed(), std::vector{engine_.records[3].directory});
}

TEST_F(MainWindowTest, TakesTheSettingsOfARunToConfigure) {
  openHistory();
  selectRow(1);
  ASSERT_TRUE(click(*window_, QStringLiteral("Duplicate")));
  ASSERT_TRUE(waitFor([this] { return window_->place() == MainWindow::Configure; }));
  EXPECT_TRUE(shows("from mrpc-lora-8"));
  EXPECT_EQ(window_->findChild<ConfigurePage*>()->config().method, Method::Lora);
}

TEST_F(MainWindowTest, ARunOfTheHistoryIsTried) {
  std::atomic<int> opened = 0;
  std::mutex mutex;
  std::string asked;
  engine_.onOpenModel = [&](const ModelRequest& request) -> Expected<std::unique_ptr<LoadedModel>> {
    const std::lock_guard lock(mutex);
    asked = request.model.filename().string();
    ++opened;
    return Error{"The weights are gone."};
  };
  for (RunRecord& record : engine_.records) record.resumable = true;
  openHistory();
  selectRow(1);
  auto* button = findVisible<QPushButton>(*window_, QStringLiteral("Try"));
  ASSERT_NE(button, nullptr);
  QTest::mouseClick(button, Qt::LeftButton);
  ASSERT_TRUE(waitFor([this] { return window_->place() == MainWindow::Try && shows("The weights are gone."); }));
  EXPECT_EQ(opened, 1) << "not the newest run first";
  EXPECT_TRUE(asked.ends_with("mrpc-lora-8")) << asked;
  press(Qt::Key_1);
  EXPECT_EQ(window_->place(), MainWindow::Configure);
  press(Qt::Key_4);
  EXPECT_EQ(window_->place(), MainWindow::Try);
}

TEST_F(MainWindowTest, ExportsTheRunThatHasJustEnded) {
  start();
  trainTo(400);
  finish("completed");
  const QString told = answer(QStringLiteral("Close"), [this] { click(*window_, QStringLiteral("Export…")); });
  EXPECT_TRUE(told.contains(QStringLiteral("Writes the whole model"))) << told.toStdString();
  EXPECT_TRUE(told.contains(QStringLiteral("Form"))) << "a ROSA run can be written as an adapter too";
}

TEST_F(MainWindowTest, FollowsTheKeys) {
  press(Qt::Key_3);
  EXPECT_EQ(window_->place(), MainWindow::History);
  press(Qt::Key_2);
  EXPECT_EQ(window_->place(), MainWindow::Run);
  press(Qt::Key_1);
  EXPECT_EQ(window_->place(), MainWindow::Configure);
  ASSERT_TRUE(waitFor([this] { return startButton()->isEnabled(); }));
  press(Qt::Key_Return);
  ASSERT_TRUE(waitFor([this] { return window_->place() == MainWindow::Run; }));
  training_ = true;
  press(Qt::Key_S);
  press(Qt::Key_P);
  EXPECT_EQ(engine_.run()->commands(), (std::vector<std::string>{"save", "pause"}));
  const QString help = answer(QStringLiteral("Close"), [this] { press(Qt::Key_F1, Qt::NoModifier); });
  EXPECT_TRUE(help.contains(QStringLiteral("Pause or resume")));
}

TEST_F(MainWindowTest, HelpIsAsHighAsItsText) {
  HelpDialog help;
  help.show();
  QTest::qWait(20);
  for (const auto* label : help.findChildren<QLabel*>()) {
    const int wanted = label->wordWrap() ? label->heightForWidth(label->width()) : label->sizeHint().height();
    EXPECT_GE(label->height(), wanted) << label->text().toStdString();
  }
  EXPECT_TRUE(visibleText(help).contains(QStringLiteral("GNU GPL")));
}

TEST_F(MainWindowTest, AsksBeforeItClosesOnARun) {
  start();
  answer(QStringLiteral("Cancel"), [this] { window_->close(); });
  EXPECT_TRUE(window_->isVisible());
  EXPECT_TRUE(engine_.run()->commands().empty());
  training_ = false;
  const QString told = answer(QStringLiteral("Stop and save"), [this] { window_->close(); });
  EXPECT_TRUE(told.contains(QStringLiteral("continued from History")));
  EXPECT_TRUE(waitFor([this] { return !window_->isVisible(); }));
  EXPECT_EQ(engine_.commands(), std::vector<std::string>{"stop and save"});
}

TEST_F(MainWindowTest, TheRunGoesOnInTheBackgroundWithoutIt) {
  start();
  trainTo(30);
  answer(QStringLiteral("Go on in the background"), [this] { window_->close(); });
  EXPECT_FALSE(window_->isVisible());
  EXPECT_TRUE(engine_.commands().empty());
  EXPECT_FALSE(engine_.run()->ended());

  // The next window shows it by itself.
  RunRecord& run = engine_.records[0];
  run.status = "running";
  run.directory = engine_.run()->directory();
  engine_.events[run.directory] = test::exampleEvents(30);
  window_.reset();
  makeWindow();
  ASSERT_TRUE(waitFor([this] { return window_->findChild<RunController*>()->active(); }));
  EXPECT_EQ(window_->place(), MainWindow::Configure) << "nobody has asked for the Run page";
  StepCompleted step;
  step.step = 31;
  engine_.run()->emit(step);
  window_->go(MainWindow::Run);
  ASSERT_TRUE(waitFor([this] {
    return window_->findChild<MetricStrip*>()->valueOf(QStringLiteral("Step")) == QStringLiteral("31 of 950");
  }));
}

TEST_F(MainWindowTest, QuitsWhenItIsToldToEndAndLeavesTheRunAlone) {
  start();
  trainTo(30);
  const QSignalSpy quit(window_.get(), &MainWindow::readyToQuit);
  window_->quit();
  EXPECT_EQ(quit.count(), 1);
  EXPECT_TRUE(engine_.commands().empty());
  EXPECT_FALSE(window_->isVisible());
}

TEST_F(MainWindowTest, QuitsThoughItJustAsksWhetherToClose) {
  start();
  const QSignalSpy quit(window_.get(), &MainWindow::readyToQuit);
  QTimer::singleShot(50, window_.get(), &MainWindow::quit);
  QTimer::singleShot(50, window_.get(), [&] {
    // As the program does, whose event loops end with it.
    ASSERT_TRUE(waitFor([&] { return quit.count() == 1; }));
    if (auto* box = qobject_cast<QDialog*>(QApplication::activeModalWidget())) box->reject();
  });
  window_->close();
  EXPECT_TRUE(engine_.commands().empty());
  EXPECT_FALSE(window_->isVisible());
}

TEST_F(MainWindowTest, QuitsAtOnceWithoutARun) {
  const QSignalSpy quit(window_.get(), &MainWindow::readyToQuit);
  window_->quit();
  EXPECT_EQ(quit.count(), 1);
  EXPECT_FALSE(window_->isVisible());
}

class InterruptedRunTest : public MainWindowTest {
 protected:
  /// A window that starts after a crash of the newest run.
  void crash(std::int64_t step, bool saved) {
    RunRecord& run = engine_.records[0];
    run.status = "interrupted";
    run.step = step;
    run.resumable = saved;
    engine_.events[run.directory] = test::exampleEvents(step);
    window_.reset();
    makeWindow();
  }
};

TEST_F(InterruptedRunTest, IsOfferedAndShownAtTheNextStart) {
  crash(420, true);
  ASSERT_TRUE(waitFor([this] { return shows("mrpc-rosa-8 was interrupted at step 420, saved at 400."); }));
  EXPECT_EQ(window_->place(), MainWindow::Configure);
  EXPECT_TRUE(test::screenshot(*window_, QStringLiteral("window-interrupted")));
  window_->go(MainWindow::Run);
  EXPECT_FALSE(shows("No run yet"));
  EXPECT_EQ(window_->findChild<MetricStrip*>()->valueOf(QStringLiteral("Step")), QStringLiteral("420 of 950"));
  window_->go(MainWindow::Configure);
  ASSERT_TRUE(click(*window_, QStringLiteral("Continue")));
  ASSERT_TRUE(waitFor([this] { return window_->place() == MainWindow::Run; }));
  training_ = true;
  EXPECT_EQ(engine_.resumed(), std::vector{engine_.records[0].directory});
  EXPECT_FALSE(shows("was interrupted"));
}

TEST_F(InterruptedRunTest, CanBeLookedAtOrDismissed) {
  crash(420, true);
  ASSERT_TRUE(waitFor([this] { return shows("was interrupted at step 420"); }));
  ASSERT_TRUE(click(*window_, QStringLiteral("Look")));
  ASSERT_TRUE(waitFor([this] { return window_->place() == MainWindow::Run; }));
  window_.reset();
  makeWindow();
  ASSERT_TRUE(waitFor([this] { return shows("was interrupted at step 420"); })) << "looked at is not dismissed";
  ASSERT_TRUE(click(*window_, QStringLiteral("Dismiss")));
  EXPECT_FALSE(shows("was interrupted"));
  window_.reset();
  makeWindow();
  window_->go(MainWindow::Run);
  ASSERT_TRUE(waitFor([this] {
    return window_->findChild<MetricStrip*>()->valueOf(QStringLiteral("Step")) == QStringLiteral("420 of 950");
  }));
  EXPECT_FALSE(shows("was interrupted at")) << "dismissed once and for all";
}

TEST_F(InterruptedRunTest, BeforeItsFirstSaveCannotBeContinued) {
  crash(27, false);
  ASSERT_TRUE(waitFor([this] { return shows("was interrupted at step 27, before its first save."); }));
  EXPECT_EQ(findVisible<QPushButton>(*window_, QStringLiteral("Continue")), nullptr);
}

TEST_F(InterruptedRunTest, OfAnOtherWindowThatIsTrainingIsNoCrash) {
  crash(420, true);
  engine_.records[0].status = "running";
  window_.reset();
  makeWindow();
  window_->go(MainWindow::Run);
  ASSERT_TRUE(waitFor([this] {
    return window_->findChild<MetricStrip*>()->valueOf(QStringLiteral("Step")) == QStringLiteral("420 of 950");
  }));
  EXPECT_FALSE(shows("was interrupted at"));
}

TEST_F(MainWindowTest, FitsTheScreenWhateverItsLastSizeWas) {
  window_->resize(2600, 1500);
  preferences_.setWindowGeometry(window_->saveGeometry());
  Places places;
  places.home = folder_.path().toStdString();
  MainWindow again(engine_, engine_.processes(), pool_, theme_, preferences_, places);
  again.show();
  QTest::qWait(50);
  const QRect screen = again.screen()->availableGeometry();
  EXPECT_TRUE(screen.contains(again.frameGeometry()))
      << again.frameGeometry().width() << " x " << again.frameGeometry().height();
}

TEST_F(MainWindowTest, TheFocusRingGoesWithThePlace) {
  auto* configure = findVisible<QAbstractButton>(*window_, QStringLiteral("Configure"));
  ASSERT_NE(configure, nullptr);
  window_->activateWindow();
  ASSERT_TRUE(QTest::qWaitForWindowActive(window_.get()));
  configure->setFocus();
  press(Qt::Key_3);
  EXPECT_FALSE(configure->hasFocus());
  EXPECT_EQ(QApplication::focusWidget(), findVisible<QAbstractButton>(*window_, QStringLiteral("History")));
}

TEST_F(MainWindowTest, EveryPlaceBeginsAtTheSameHeight) {
  const auto height = [this](const char* place, const char* title) {
    EXPECT_TRUE(click(*window_, QString::fromLatin1(place)));
    QTest::qWait(10);
    for (auto* label : window_->findChildren<QLabel*>()) {
      if (!label->isVisibleTo(window_.get()) || label->text() != QLatin1String(title)) continue;
      return label->mapTo(window_.get(), label->rect().center()).y();
    }
    return -1;
  };
  const int configure = height("Configure", "New run");
  EXPECT_GT(configure, 0);
  EXPECT_EQ(height("History", "History"), configure);
  EXPECT_EQ(height("Try", "Try"), configure);
  EXPECT_EQ(height("Settings", "Settings"), configure);
}

TEST_F(MainWindowTest, ALongRunNameDoesNotWidenIt) {
  start();
  const int narrowest = window_->minimumSizeHint().width();
  RunStarted named = test::exampleStart();
  named.name = std::string(148, 'n');
  named.runDirectory = "/" + std::string(148, 'd') + "/" + named.name;
  engine_.run()->emit(named);
  ASSERT_TRUE(waitFor([&] { return shows(named.name.c_str()); }));
  QTest::qWait(50);
  EXPECT_EQ(window_->width(), 1280);
  EXPECT_LE(window_->minimumSizeHint().width(), narrowest + 40);
}

TEST_F(MainWindowTest, ComesBackWithTheSettingsStartedLast) {
  RunConfig config = test::sampleConfig();
  config.rank.value = std::int64_t{3};
  window_->findChild<ConfigurePage*>()->load(config, {});
  start();
  finish("stopped");
  window_->close();
  makeWindow();
  EXPECT_TRUE(shows("as started last"));
  EXPECT_EQ(window_->findChild<ConfigurePage*>()->config().rank, Rank{std::int64_t{3}});
}

TEST_F(MainWindowTest, WhatIsSetForNewRunsReachesTheRunOnThePage) {
  ASSERT_TRUE(click(*window_, QStringLiteral("Settings")));
  ASSERT_TRUE(type(*window_, QStringLiteral("Save at least every, minutes"), QStringLiteral("30")));
  EXPECT_EQ(window_->findChild<ConfigurePage*>()->config().saveMinutes, 30);
  ASSERT_TRUE(type(*window_, QStringLiteral("Threads"), QStringLiteral("5000")));
  EXPECT_TRUE(shows("5000 is too large; write at most 4096.")) << visibleText(*window_).toStdString();
  EXPECT_EQ(window_->findChild<ConfigurePage*>()->config().threads, 500) << "the last good one";
  window_->close();
  makeWindow();
  EXPECT_EQ(window_->findChild<ConfigurePage*>()->config().saveMinutes, 30);
}

TEST_F(MainWindowTest, SeveralRunsOfTheQueueMayTrainAtOnce) {
  EXPECT_EQ(engine_.processes().atOnce(), AtOnce::One);
  ASSERT_TRUE(click(*window_, QStringLiteral("Settings")));
  ASSERT_TRUE(click(*window_, QStringLiteral("As memory allows")));
  EXPECT_TRUE(waitFor([this] { return engine_.processes().atOnce() == AtOnce::AsMemoryAllows; }));
}

TEST_F(MainWindowTest, AnotherFolderForRunsHoldsFromTheNextStartOn) {
  qputenv("XDG_CONFIG_HOME", folder_.filePath(QStringLiteral("config")).toUtf8());
  qunsetenv("ROSA_HOME");
  ASSERT_TRUE(click(*window_, QStringLiteral("Settings")));
  auto* edit = findVisible<QLineEdit>(*window_, QStringLiteral("Folder"));
  ASSERT_NE(edit, nullptr);
  EXPECT_EQ(edit->text(), folder_.path());
  const auto choose = [&](const QString& path) {
    edit->setText(path);
    QTest::keyClick(edit, Qt::Key_Return);
  };
  choose(QStringLiteral("runs"));
  EXPECT_TRUE(shows("\"runs\" is not a whole path; write one such as /data/rosa-studio."));
  choose(folder_.filePath(QStringLiteral("elsewhere")));
  EXPECT_TRUE(waitFor([this] { return shows("From the next start on."); }));
  EXPECT_EQ(rosaHome(), std::filesystem::path(folder_.path().toStdString()) / "elsewhere");
  EXPECT_TRUE(test::screenshot(*window_, QStringLiteral("window-settings-folder")));
  qunsetenv("XDG_CONFIG_HOME");
}

TEST_F(MainWindowTest, SpeaksAnotherLanguageAsSoonAsItIsMadeAnew) {
  ASSERT_TRUE(click(*window_, QStringLiteral("Settings")));
  ASSERT_TRUE(click(*window_, QStringLiteral("Deutsch")));
  EXPECT_TRUE(waitFor([this] { return shows("From the next start on."); }));
  EXPECT_EQ(Language::chosen(preferences_.language()), QStringLiteral("de"));
  Language german(QStringLiteral("de"));
  QCoreApplication::installTranslator(&german);
  makeWindow();
  EXPECT_TRUE(shows("Neuer Lauf"));
  EXPECT_TRUE(waitFor([this] { return shows("2 Kerne · 25.0 GiB · keine GPU"); }));
  ASSERT_TRUE(waitFor([this] { return startButton()->isEnabled(); }));
  EXPECT_TRUE(test::screenshot(*window_, QStringLiteral("window-german-configure")));
  ASSERT_TRUE(click(*window_, QStringLiteral("Verlauf")));
  EXPECT_TRUE(test::screenshot(*window_, QStringLiteral("window-german-history")));
  ASSERT_TRUE(click(*window_, QStringLiteral("Probieren")));
  EXPECT_TRUE(test::screenshot(*window_, QStringLiteral("window-german-try")));
  ASSERT_TRUE(click(*window_, QStringLiteral("Einstellungen")));
  EXPECT_TRUE(test::screenshot(*window_, QStringLiteral("window-german-settings")));
  ASSERT_TRUE(click(*window_, QStringLiteral("Einrichten")));
  start();
  for (const Event& event : test::exampleEvents(420)) engine_.run()->emit(event);
  EXPECT_TRUE(waitFor([this] { return shows("zuletzt gespeichert: Schritt 400 geprüft"); }));
  EXPECT_TRUE(test::screenshot(*window_, QStringLiteral("window-german-run")));
  finish("stopped");
  window_.reset();
  QCoreApplication::removeTranslator(&german);
}

TEST_F(MainWindowTest, ShowsTheMachineInSettings) {
  ASSERT_TRUE(click(*window_, QStringLiteral("Settings")));
  ASSERT_TRUE(waitFor([this] { return shows("2 cores, AVX2"); }));
  EXPECT_TRUE(test::screenshot(*window_, QStringLiteral("window-settings-light")));
  ASSERT_TRUE(click(*window_, QStringLiteral("Dark")));
  EXPECT_TRUE(theme_.dark());
  EXPECT_TRUE(test::screenshot(*window_, QStringLiteral("window-settings-dark")));
}

TEST_F(MainWindowTest, TrainsOnAnotherMachineThatIsChosen) {
  engine_.onPlanAt = [this](const std::string& host, const RunConfig& config) -> Expected<RunPlan> {
    if (host != "gpu1") return Error{host + " cannot be reached."};
    RunPlan plan = engine_.onPlan ? engine_.onPlan(config) : engine_.plan(config);
    plan.remarks = {"This is gpu1."};
    return plan;
  };
  EXPECT_EQ(findVisible<QComboBox>(*window_, QStringLiteral("Train on")), nullptr) << "where there is no choice";
  ASSERT_TRUE(click(*window_, QStringLiteral("Settings")));
  ASSERT_TRUE(type(*window_, QStringLiteral("Hosts"), QStringLiteral("gpu1; reboot")));
  EXPECT_TRUE(shows("is no name of a host"));
  ASSERT_TRUE(type(*window_, QStringLiteral("Hosts"), QStringLiteral("gpu1, gpu2")));
  EXPECT_EQ(preferences_.hosts(), (QStringList{QStringLiteral("gpu1"), QStringLiteral("gpu2")}));
  EXPECT_TRUE(test::screenshot(*window_, QStringLiteral("settings-hosts")));
  ASSERT_TRUE(click(*window_, QStringLiteral("Configure")));
  auto* hosts = findVisible<QComboBox>(*window_, QStringLiteral("Train on"));
  ASSERT_NE(hosts, nullptr);
  hosts->setFocus();
  QTest::keyClick(hosts, Qt::Key_End);
  ASSERT_TRUE(waitFor([this] { return shows("gpu2 cannot be reached."); }));
  EXPECT_FALSE(startButton()->isEnabled());
  QTest::keyClick(hosts, Qt::Key_Up);
  ASSERT_TRUE(waitFor([this] { return shows("This is gpu1."); }));
  EXPECT_TRUE(test::screenshot(*window_, QStringLiteral("configure-host")));
  start();
  EXPECT_EQ(engine_.startedAt(), std::vector<std::string>{"gpu1"});
  engine_.lost = {};
}

TEST_F(MainWindowTest, ARunOnAnotherMachineThatIsOutOfReachIsOfferedAgain) {
  engine_.lost = "gpu1 cannot be reached: ssh says \"No route to host\".";
  start();
  trainTo(120);
  engine_.run()->die();
  training_ = false;
  ASSERT_TRUE(waitFor([this] { return shows("No route to host"); }));
  QStringList states;
  for (const Pill* pill : window_->findChildren<Pill*>()) states << pill->text();
  EXPECT_TRUE(states.contains(QStringLiteral("followed no longer"))) << states.join(QLatin1Char(',')).toStdString();
  EXPECT_TRUE(test::screenshot(*window_, QStringLiteral("run-lost")));
  engine_.lost = {};
  ASSERT_TRUE(click(*window_, QStringLiteral("Follow again")));
}

}  // namespace
}  // namespace rosa::ui
