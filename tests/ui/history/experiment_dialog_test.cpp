// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/history/experiment_dialog.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QComboBox>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTextBrowser>

#include "jobs/job_pool.h"
#include "pages/history/experiment_view.h"
#include "settings/preferences.h"
#include "settings/theme.h"
#include "support/fake_engine.h"
#include "support/golden.h"
#include "support/widgets.h"

namespace rosa::ui {
namespace {

using test::click;
using test::findVisible;
using test::type;
using test::visibleText;

class ExperimentsTest : public ::testing::Test {
 protected:
  ExperimentsTest() {
    theme_.setMode(Theme::Mode::Light);
    theme_.applyTo(*qApp);
  }
  /// Of four parts, with what it told after its begin.
  RunRecord experiment(const std::vector<Event>& told) {
    RunRecord record = engine_.records.front();
    record.name = "experiment nlu";
    record.task = kExperimentTask;
    RunStarted started;
    started.totalSteps = 4;
    auto& events = engine_.events[record.directory] = {started};
    events.insert(events.end(), told.begin(), told.end());
    engine_.experiment.report = test::sourceDirectory() / "resources/results/nlu";
    return record;
  }

  QTemporaryDir folder_;
  Theme theme_;
  Preferences preferences_{folder_.filePath(QStringLiteral("studio.ini"))};
  test::FakeEngine engine_;
  JobPool pool_;
};

TEST_F(ExperimentsTest, AreOrderedAsTheirCommandWould) {
  ExperimentDialog dialog(preferences_);
  dialog.show();
  EXPECT_EQ(test::withoutToolTip(dialog), QStringList());
  auto* add = findVisible<QPushButton>(dialog, QStringLiteral("Add to queue"));
  ASSERT_NE(add, nullptr);
  EXPECT_FALSE(add->isEnabled()) << "there is no model yet";
  ASSERT_TRUE(type(dialog, QStringLiteral("Model"), QStringLiteral("/models/mini lm")));
  ASSERT_TRUE(type(dialog, QStringLiteral("Data"), QStringLiteral("/data/glue")));
  ASSERT_TRUE(type(dialog, QStringLiteral("Seeds"), QStringLiteral("none")));
  EXPECT_FALSE(add->isEnabled());
  ASSERT_TRUE(type(dialog, QStringLiteral("Seeds"), QStringLiteral("2")));
  ASSERT_TRUE(type(dialog, QStringLiteral("More options"), QStringLiteral("--task \"CoLA,RTE\" --rows 100")));
  EXPECT_TRUE(add->isEnabled());
  const ExperimentOrder order = dialog.order();
  EXPECT_EQ(order.name, "nlu");
  EXPECT_EQ(order.model, "/models/mini lm");
  EXPECT_EQ(order.arguments, (std::vector<std::string>{"--model", "/models/mini lm", "--data", "/data/glue", "--seeds",
                                                       "2", "--task", "CoLA,RTE", "--rows", "100"}));
  EXPECT_TRUE(visibleText(dialog).contains(
      QStringLiteral("rosa experiment --background nlu --model \"/models/mini lm\" --data /data/glue --seeds 2")));
  EXPECT_TRUE(test::screenshot(dialog, QStringLiteral("experiment-new-light")));
  theme_.setMode(Theme::Mode::Dark);
  EXPECT_TRUE(test::screenshot(dialog, QStringLiteral("experiment-new-dark")));
  auto* kind = findVisible<QComboBox>(dialog, QStringLiteral("Experiment"));
  kind->setCurrentIndex(kind->findData(QStringLiteral("synthetic")));
  EXPECT_EQ(findVisible<QLineEdit>(dialog, QStringLiteral("Model")), nullptr) << "it needs none";
  EXPECT_EQ(dialog.order().arguments.front(), "--seeds");
}

TEST_F(ExperimentsTest, AreReadWhileTheyGoOn) {
  const RunRecord record = experiment({PhaseChanged{"training", 1}, LogLine{"info", "CoLA, seed 0: 0.3"}});
  ExperimentView view(engine_, engine_.processes(), pool_, record);
  view.show();
  const auto* page = view.findChild<QTextBrowser*>();
  ASSERT_TRUE(QTest::qWaitFor([&] { return page->toPlainText().contains(QStringLiteral("Paired differences")); }));
  EXPECT_TRUE(visibleText(view).contains(QStringLiteral("training, 1 of 4 parts"))) << visibleText(view).toStdString();
  EXPECT_EQ(view.findChild<QPlainTextEdit*>()->toPlainText(), QStringLiteral("CoLA, seed 0: 0.3"));
  EXPECT_NE(findVisible<QPushButton>(view, QStringLiteral("Stop")), nullptr);
  EXPECT_TRUE(test::screenshot(view, QStringLiteral("experiment-light")));
  theme_.setMode(Theme::Mode::Dark);
  EXPECT_TRUE(test::screenshot(view, QStringLiteral("experiment-dark")));
}

TEST_F(ExperimentsTest, OneThatWasStoppedGoesOn) {
  RunFinished stopped;
  stopped.outcome = "stopped";
  stopped.step = 1;
  const RunRecord record = experiment({stopped});
  ExperimentView view(engine_, engine_.processes(), pool_, record);
  view.show();
  ASSERT_TRUE(QTest::qWaitFor([&] { return visibleText(view).contains(QStringLiteral("stopped, 1 of 4 parts")); }));
  QSignalSpy changed(&view, &ExperimentView::changed);
  ASSERT_TRUE(click(view, QStringLiteral("Continue")));
  ASSERT_TRUE(changed.wait());
  EXPECT_EQ(engine_.resumed(), std::vector{record.directory});
}

}  // namespace
}  // namespace rosa::ui
