// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/comparison_plot.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>

#include "support/widgets.h"

namespace rosa::ui {
namespace {

class ComparisonPlotTest : public ::testing::Test {
 protected:
  ComparisonPlotTest() {
    theme_.setMode(Theme::Mode::Light);
    theme_.applyTo(*qApp);
    plot_.resize(600, 260);
    plot_.show();
  }
  static ComparedCurve runOf(const std::vector<double>& losses, int color) {
    ComparedCurve run;
    const auto curves = std::make_shared<RunCurves>();
    run.color = color;
    for (std::size_t i = 0; i < losses.size(); ++i) {
      StepCompleted step;
      step.step = static_cast<std::int64_t>(i) + 1;
      step.loss = losses[i];
      curves->take(step);
    }
    run.runs = {curves};
    return run;
  }
  /// How many rows of the picture show the colour of a run.
  [[nodiscard]] int rowsIn(int color) {
    QTest::qWait(50);
    const QImage image = plot_.grab().toImage();
    const QColor wanted = theme_.colors().runs[color];
    int rows = 0;
    for (int y = 0; y < image.height(); ++y) {
      bool found = false;
      for (int x = 0; x < image.width() && !found; ++x) found = image.pixelColor(x, y) == wanted;
      rows += found ? 1 : 0;
    }
    return rows;
  }

  Theme theme_;
  ComparisonPlot plot_{theme_};
};

TEST_F(ComparisonPlotTest, ShowsAnyMetricByStepEpochTokensOrTime) {
  ComparedCurve run;
  const auto curves = std::make_shared<RunCurves>();
  run.runs = {curves};
  for (std::int64_t step = 1; step <= 100; ++step) {
    StepCompleted done;
    done.step = step;
    done.loss = 2;
    done.epoch = static_cast<double>(step) / 50;
    done.tokens = 1000;
    done.elapsedSeconds = static_cast<double>(step) * 6;
    curves->take(done);
  }
  EvaluationCompleted evaluation;
  evaluation.step = 100;
  evaluation.loss = 1.5;
  evaluation.metrics = {{"accuracy", 0.75}};
  curves->take(evaluation);
  plot_.setCurves({run});
  EXPECT_TRUE(plot_.choices().contains(QStringLiteral("validation: accuracy")));
  auto* metric = test::findVisible<QComboBox>(*plot_.controls(), QStringLiteral("Metric"));
  auto* along = test::findVisible<QComboBox>(*plot_.controls(), QStringLiteral("Along"));
  ASSERT_NE(metric, nullptr);
  ASSERT_NE(along, nullptr);
  EXPECT_EQ(plot_.extent(), std::pair(0.0, 100.0));
  along->setCurrentText(QStringLiteral("by epoch"));
  EXPECT_EQ(plot_.extent().second, 2);
  along->setCurrentText(QStringLiteral("by tokens"));
  EXPECT_EQ(plot_.extent().second, 100'000);
  along->setCurrentText(QStringLiteral("by time"));
  EXPECT_EQ(plot_.extent().second, 10) << "minutes";
  metric->setCurrentText(QStringLiteral("validation: accuracy"));
  EXPECT_EQ(plot_.lineCount(), 1);
  plot_.setCurves({run, runOf({3, 2}, 1)});
  EXPECT_EQ(metric->currentText(), QStringLiteral("validation: accuracy")) << "the choice stays";
  EXPECT_EQ(plot_.lineCount(), 1) << "the other run has no such metric";
}

TEST_F(ComparisonPlotTest, ARunThatDivergesLeavesTheOthersTheirHeight) {
  const std::vector<double> sound = {4, 3.5, 3, 2.5, 2.2, 2};
  plot_.setCurves({runOf(sound, 0)});
  const int alone = rowsIn(0);
  ASSERT_GT(alone, 60);
  constexpr double kInf = std::numeric_limits<double>::infinity();
  plot_.setCurves({runOf(sound, 0), runOf({4, 3.9, kInf, std::nan(""), -kInf, kInf}, 1)});
  EXPECT_EQ(plot_.lineCount(), 2);
  EXPECT_GT(rowsIn(0), alone / 2);
  EXPECT_GT(rowsIn(1), 0) << "what it had before is shown";
}

TEST_F(ComparisonPlotTest, NamesTheRunsThatHaveALine) {
  auto first = runOf({4, 3, 2}, 0);
  first.name = QStringLiteral("mrpc-rosa-8");
  auto empty = runOf({}, 1);
  empty.name = QStringLiteral("without a step");
  auto second = runOf({3, 2, 1}, 2);
  second.name = QString(148, QLatin1Char('n'));
  plot_.setCurves({first, empty, second});
  ASSERT_EQ(plot_.legend().size(), 2);
  EXPECT_EQ(plot_.legend()[0], QStringLiteral("mrpc-rosa-8"));
  EXPECT_LT(plot_.legend()[1].size(), 60) << "a long name is elided";
  plot_.setCurves({second});
  EXPECT_EQ(plot_.legend().size(), 1);
}

TEST_F(ComparisonPlotTest, SeedsTogetherAreTheirMeanWithABand) {
  auto group = runOf({4, 3, 2}, 0);
  group.name = QStringLiteral("e2e-rosa");
  for (const auto& other : {runOf({6, 5, 4}, 0), runOf({5, 4, 3}, 0)}) group.runs.push_back(other.runs.front());
  plot_.setCurves({group});
  auto* metric = test::findVisible<QComboBox>(*plot_.controls(), QStringLiteral("Metric"));
  metric->setCurrentText(QStringLiteral("loss of each step"));
  EXPECT_EQ(plot_.lineCount(), 1);
  EXPECT_EQ(plot_.legend(), QStringList{QStringLiteral("e2e-rosa")});
  QTest::qWait(50);
  // 4.303 / sqrt(3), Student's quantile for two degrees of freedom.
  EXPECT_EQ(plot_.tellAt(plot_.positionOf(2, 4)), QStringLiteral("e2e-rosa\nstep 2: 4 ± 2.5"));
  EXPECT_EQ(plot_.tellAt(plot_.positionOf(2, 5.5)), QString()) << "the band is no line";
  const QColor inBand = plot_.grab().toImage().pixelColor(plot_.positionOf(2.5, 4.4));
  EXPECT_NE(inBand, theme_.colors().surface);
  EXPECT_NE(inBand, theme_.colors().runs[0]);
}

TEST_F(ComparisonPlotTest, AMillionPointsKeepTheirOneSpike) {
  ComparedCurve run;
  const auto curves = std::make_shared<RunCurves>();
  run.runs = {curves};
  StepCompleted done;
  for (std::int64_t step = 1; step <= 1'000'000; ++step) {
    done.step = step;
    done.loss = step == 314'159 ? 9 : 1;
    curves->take(done);
  }
  plot_.setCurves({run});
  test::findVisible<QComboBox>(*plot_.controls(), QStringLiteral("Metric"))
      ->setCurrentText(QStringLiteral("loss of each step"));
  QTest::qWait(50);
  const QImage image = plot_.grab().toImage();
  EXPECT_TRUE(test::screenshot(plot_, QStringLiteral("comparison-spike")));
  const QPoint spike = plot_.positionOf(314'159, 8.5);
  const QColor wanted = theme_.colors().runs[0];
  int least = 3 * 255;
  for (int x = spike.x() - 2; x <= spike.x() + 2; ++x) {
    const QColor color = image.pixelColor(x, spike.y());
    least = std::min(least, std::abs(color.red() - wanted.red()) + std::abs(color.green() - wanted.green()) +
                                std::abs(color.blue() - wanted.blue()));
  }
  EXPECT_LT(least, 100) << "nearly the run's colour: the edges of a line are soft";
}

}  // namespace
}  // namespace rosa::ui
