// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/sweep_plot.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <cmath>

#include "support/widgets.h"

namespace rosa::ui {
namespace {

class SweepPlotTest : public ::testing::Test {
 protected:
  SweepPlotTest() {
    theme_.setMode(Theme::Mode::Light);
    theme_.applyTo(*qApp);
    for (SweepPlot* plot : {&parallel_, &scatter_}) {
      plot->resize(600, 240);
      plot->show();
      plot->setRuns(runs(), axes());
    }
    QTest::qWait(50);
  }
  static std::vector<SweepRun> runs() {
    return {{QStringLiteral("one"), 0, false}, {QStringLiteral("two"), 1, false}, {QStringLiteral("three"), 2, false}};
  }
  static std::vector<SweepAxis> axes() {
    return {{QStringLiteral("Learning rate"),
             {QStringLiteral("1e-4"), QStringLiteral("1e-3"), QStringLiteral("1e-2")},
             {1e-4, 1e-3, 1e-2},
             {},
             true},
            {QStringLiteral("Method"),
             {QStringLiteral("ROSA"), QStringLiteral("LoRA"), QStringLiteral("ROSA")},
             {std::nullopt, std::nullopt, std::nullopt},
             {},
             true},
            {QStringLiteral("Dev loss"),
             {QStringLiteral("2.0"), QString(), QStringLiteral("1.0")},
             {2, std::nullopt, 1},
             {},
             false,
             true}};
  }
  [[nodiscard]] static QString caption(SweepPlot& plot) { return test::visibleText(plot); }
  static QWidget* plotIn(SweepPlot& plot, const char* name) {
    return test::findVisible<QWidget>(plot, QString::fromUtf8(name));
  }

  Theme theme_;
  SweepPlot parallel_{theme_, SweepPlot::View::Parallel};
  SweepPlot scatter_{theme_, SweepPlot::View::Scatter};
  const char* kParallel = "Parallel coordinates of the compared runs";
  const char* kScatter = "Scatter plot of the compared runs";
};

TEST_F(SweepPlotTest, AnAxisOfFactorsIsEven) {
  const int low = parallel_.positionOf(0, 0).y();
  const int middle = parallel_.positionOf(1, 0).y();
  const int high = parallel_.positionOf(2, 0).y();
  EXPECT_NEAR(low - middle, middle - high, 1) << "1e-4, 1e-3 and 1e-2";
  EXPECT_EQ(parallel_.positionOf(0, 1).y(), parallel_.positionOf(2, 1).y()) << "the same word, the same place";
  EXPECT_GT(parallel_.positionOf(2, 2).y(), parallel_.positionOf(0, 2).y()) << "the lower loss lies lower";
}

TEST_F(SweepPlotTest, PointingAtALineNamesItsRunAndAClickPicksIt) {
  const QSignalSpy picked(&parallel_, &SweepPlot::picked);
  auto* plot = plotIn(parallel_, kParallel);
  QTest::mouseMove(plot, parallel_.positionOf(1, 0) + QPoint(0, 40));
  QTest::mouseMove(plot, parallel_.positionOf(1, 0));
  EXPECT_EQ(parallel_.named(), 1);
  EXPECT_EQ(caption(parallel_), QStringLiteral("two: Learning rate 1e-3, Method LoRA"));
  QTest::mouseClick(plot, Qt::LeftButton, {}, parallel_.positionOf(1, 0));
  ASSERT_EQ(picked.count(), 1);
  EXPECT_EQ(picked.at(0).at(0).toInt(), 1);
  EXPECT_TRUE(test::screenshot(parallel_, QStringLiteral("sweep-parallel")));
}

TEST_F(SweepPlotTest, TheArrowKeysNameOneRunAfterTheOther) {
  const QSignalSpy picked(&parallel_, &SweepPlot::picked);
  auto* plot = plotIn(parallel_, kParallel);
  plot->setFocus();
  QTest::keyClick(plot, Qt::Key_Right);
  EXPECT_EQ(parallel_.named(), 0);
  QTest::keyClick(plot, Qt::Key_Left);
  EXPECT_EQ(parallel_.named(), 2);
  EXPECT_TRUE(caption(parallel_).startsWith(QStringLiteral("three: ")));
  QTest::keyClick(plot, Qt::Key_Return);
  EXPECT_EQ(picked.count(), 1);
}

TEST_F(SweepPlotTest, AScatterPlotShowsASettingAgainstAResult) {
  parallel_.hide();
  EXPECT_EQ(scatter_.runCount(), 2) << "the second has no loss";
  auto* along = test::findVisible<QComboBox>(*scatter_.controls(), QStringLiteral("Along"));
  auto* upwards = test::findVisible<QComboBox>(*scatter_.controls(), QStringLiteral("Upwards"));
  ASSERT_NE(along, nullptr);
  EXPECT_EQ(along->currentText(), QStringLiteral("Learning rate"));
  EXPECT_EQ(upwards->currentText(), QStringLiteral("Dev loss"));
  EXPECT_LT(scatter_.positionOf(0).x(), scatter_.positionOf(2).x());
  along->setCurrentText(QStringLiteral("Method"));
  QTest::qWait(50);
  EXPECT_EQ(scatter_.positionOf(0).x(), scatter_.positionOf(2).x());
  QTest::mouseMove(plotIn(scatter_, kScatter), scatter_.positionOf(2) + QPoint(0, -40));
  QTest::mouseMove(plotIn(scatter_, kScatter), scatter_.positionOf(2));
  EXPECT_EQ(scatter_.named(), 2);
  scatter_.setRuns(runs(), axes());
  EXPECT_EQ(along->currentText(), QStringLiteral("Method")) << "the choice stays";
  EXPECT_TRUE(test::screenshot(scatter_, QStringLiteral("sweep-scatter")));
}

TEST_F(SweepPlotTest, FewerRunsOrNoneAtAllLeaveItEmpty) {
  auto axes = SweepPlotTest::axes();
  axes[2].figures = {std::nan(""), std::nullopt, INFINITY};
  scatter_.setRuns(runs(), axes);
  EXPECT_EQ(scatter_.runCount(), 0) << "no loss is a number";
  for (SweepPlot* plot : {&parallel_, &scatter_}) {
    plot->setRuns({}, {});
    EXPECT_EQ(plot->runCount(), 0);
    EXPECT_EQ(plot->named(), -1);
  }
}

}  // namespace
}  // namespace rosa::ui
