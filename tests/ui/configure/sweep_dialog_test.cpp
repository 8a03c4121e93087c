// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/sweep_dialog.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTest>

#include "jobs/job_pool.h"
#include "settings/theme.h"
#include "support/fake_engine.h"
#include "support/widgets.h"
#include "widgets/combo_box.h"

namespace rosa::ui {
namespace {

using test::click;
using test::findVisible;
using test::visibleText;

class SweepDialogTest : public ::testing::Test {
 protected:
  SweepDialogTest() {
    theme_.setMode(Theme::Mode::Light);
    theme_.applyTo(*qApp);
    dialog_.show();
  }
  [[nodiscard]] QStringList names() {
    const QString text = findVisible<QPlainTextEdit>(dialog_, QStringLiteral("These runs"))->toPlainText();
    return text.isEmpty() ? QStringList() : text.split(QLatin1Char('\n'));
  }
  [[nodiscard]] bool shows(const QString& text) {
    return QTest::qWaitFor([&] { return visibleText(dialog_).contains(text); });
  }
  [[nodiscard]] QList<QLineEdit*> values() {
    QList<QLineEdit*> edits;
    for (auto* edit : dialog_.findChildren<QLineEdit*>()) {
      if (edit->isVisibleTo(&dialog_) && !edit->placeholderText().isEmpty()) edits << edit;
    }
    return edits;
  }

  test::FakeEngine engine_;
  Theme theme_;
  JobPool pool_;
  SweepDialog dialog_{engine_, pool_, test::sampleConfig()};
};

TEST_F(SweepDialogTest, EveryFieldSaysWhatItIsFor) {
  EXPECT_EQ(test::withoutToolTip(dialog_), QStringList());
}

TEST_F(SweepDialogTest, OpensWithTheMethodsSideBySide) {
  EXPECT_EQ(names(), (QStringList{QStringLiteral("rosa"), QStringLiteral("lora"), QStringLiteral("full")}));
  ASSERT_TRUE(shows(QStringLiteral("3 runs · 2,850 steps in all")));
  EXPECT_TRUE(test::screenshot(dialog_, QStringLiteral("sweep-light")));
  ASSERT_TRUE(click(dialog_, QStringLiteral("Add 3 runs to queue")));
  ASSERT_EQ(dialog_.chosen().size(), 3U);
  EXPECT_EQ(dialog_.chosen()[1].method, Method::Lora);
  EXPECT_EQ(dialog_.chosen()[1].seed, test::sampleConfig().seed);
}

TEST_F(SweepDialogTest, TakesEveryCombinationOfFurtherSettings) {
  ASSERT_TRUE(click(dialog_, QStringLiteral("Another setting")));
  EXPECT_TRUE(shows(QStringLiteral("no value"))) << "a setting without values stops it";
  ASSERT_TRUE(QTest::qWaitFor([this] { return values().size() == 2; }));
  QTest::keyClicks(values()[1], QStringLiteral("1e-4, 1e-3"));
  ASSERT_TRUE(shows(QStringLiteral("6 runs")));
  EXPECT_EQ(names().at(3), QStringLiteral("lora-lr1e-3"));
  ASSERT_TRUE(click(dialog_, QStringLiteral("Remove")));
  EXPECT_EQ(names(), (QStringList{QStringLiteral("lr1e-4"), QStringLiteral("lr1e-3")}));
  theme_.setMode(Theme::Mode::Dark);
  EXPECT_TRUE(test::screenshot(dialog_, QStringLiteral("sweep-dark")));
}

TEST_F(SweepDialogTest, DrawsAtRandomAsManyAsAreWanted) {
  values()[0]->setText(QStringLiteral("rosa, lora"));
  ASSERT_TRUE(click(dialog_, QStringLiteral("Random draws")));
  EXPECT_EQ(names().size(), 10);
  const auto first = names();
  ASSERT_TRUE(click(dialog_, QStringLiteral("Every combination")));
  ASSERT_TRUE(click(dialog_, QStringLiteral("Random draws")));
  EXPECT_EQ(names(), first) << "they follow from the seed";
}

TEST_F(SweepDialogTest, SaysWhatIsWrongWithARunAndDoesNotStart) {
  engine_.onPlan = [](const RunConfig& config) {
    RunPlan plan;
    if (config.method == Method::Full) plan.problems.push_back({"method", "It does not fit this machine."});
    return plan;
  };
  values()[0]->setText(QStringLiteral("rosa,full"));
  ASSERT_TRUE(shows(QStringLiteral("It does not fit this machine.")));
  EXPECT_FALSE(findVisible<QPushButton>(dialog_, QStringLiteral("Add to queue"))->isEnabled());
  values()[0]->setText(QStringLiteral("rosa,dance"));
  EXPECT_TRUE(shows(QStringLiteral("dance")));
  EXPECT_TRUE(names().isEmpty());
}

}  // namespace
}  // namespace rosa::ui
