// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/run_plots.h"

#include <gtest/gtest.h>

#include <QComboBox>
#include <QSignalSpy>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "plots/plot_canvas.h"
#include "support/example_events.h"
#include "support/widgets.h"

namespace rosa::ui {
namespace {

using test::click;
using test::findVisible;

class RunPlotsTest : public ::testing::Test {
 protected:
  RunPlotsTest() {
    theme_.setMode(Theme::Mode::Light);
    theme_.applyTo(*qApp);
    plots_.resize(832, 620);
  }
  void show(std::int64_t steps) {
    for (const Event& event : test::exampleEvents(steps)) curves_.take(event);
    plots_.setCurves(&curves_);
    plots_.show();
    QTest::qWait(30);
  }
  void wheel(int notches, QPoint at) {
    QWheelEvent event(at, plots_.canvas()->mapToGlobal(at), {}, {0, 120 * notches}, Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(plots_.canvas(), &event);
    QTest::qWait(20);
  }
  void point(QPoint at) {
    QTest::mouseMove(plots_.canvas(), at);
    QTest::qWait(20);
  }
  [[nodiscard]] double size() const { return plots_.visibleSteps().second - plots_.visibleSteps().first; }
  [[nodiscard]] QColor pixel(QPoint at) {
    const QImage image = plots_.canvas()->grab().toImage();
    return image.pixelColor(at);
  }

  Theme theme_;
  RunCurves curves_;
  RunPlots plots_{theme_};
};

TEST_F(RunPlotsTest, GiveAPictureOfWhatTheyShow) {
  show(420);
  const QImage png = QImage::fromData(plots_.picture(RunPlots::PictureForm::Png), "PNG");
  EXPECT_EQ(png.size(), plots_.canvas()->size() * 2);
  // As on the screen, but for the edges of letters and lines.
  const QImage screen = plots_.canvas()->grab().toImage();
  const QImage small = png.scaled(screen.size(), Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
  int alike = 0;
  int all = 0;
  for (int y = 0; y < screen.height(); y += 3) {
    for (int x = 0; x < screen.width(); x += 3, ++all) {
      alike += std::abs(qGray(screen.pixel(x, y)) - qGray(small.pixel(x, y))) < 24 ? 1 : 0;
    }
  }
  EXPECT_GT(alike, all * 95 / 100);

  const QByteArray svg = plots_.picture(RunPlots::PictureForm::Svg);
  EXPECT_TRUE(svg.contains("<svg"));
  EXPECT_GT(svg.count("<polyline") + svg.count("<path"), 10) << "curves as lines, not as a picture";
  EXPECT_FALSE(svg.contains("<image"));
}

TEST_F(RunPlotsTest, MarkSavesTheBestEvaluationAndAnEarlyStop) {
  show(420);
  const auto shown = [this] {
    QTest::qWait(30);
    const QImage image = plots_.canvas()->grab().toImage();
    int good = 0;
    int warn = 0;
    for (int y = 0; y < image.height() / 2; ++y) {
      for (int x = 0; x < image.width(); ++x) {
        good += image.pixelColor(x, y) == theme_.colors().good ? 1 : 0;
        warn += image.pixelColor(x, y) == theme_.colors().warn ? 1 : 0;
      }
    }
    return std::pair(good, warn);
  };
  curves_ = RunCurves();
  for (const Event& event : test::exampleEvents(420)) {
    if (!std::holds_alternative<EvaluationCompleted>(event)) curves_.take(event);
  }
  plots_.setCurves(&curves_);
  EXPECT_EQ(shown(), std::pair(0, 0));
  EvaluationCompleted evaluation;
  evaluation.step = 300;
  evaluation.loss = 1.5;
  evaluation.best = true;
  curves_.take(evaluation);
  RunFinished finished;
  finished.step = 420;
  finished.outcome = "completed";
  curves_.take(finished);
  plots_.refresh();
  EXPECT_GT(shown().first, 10);
  EXPECT_GT(shown().second, 50);
  auto* along = findVisible<QComboBox>(plots_, QStringLiteral("Along"));
  ASSERT_NE(along, nullptr);
  along->setCurrentText(QStringLiteral("by time"));
  point(plots_.positionOf(300));
  EXPECT_TRUE(test::screenshot(plots_, QStringLiteral("run-plots-by-time")));
}

TEST_F(RunPlotsTest, SayWhatWillAppear) {
  plots_.setCurves(nullptr);
  plots_.show();
  EXPECT_TRUE(plots_.live());
  EXPECT_TRUE(test::screenshot(plots_, QStringLiteral("plots-empty")));
}

TEST_F(RunPlotsTest, FollowTheRun) {
  show(100);
  EXPECT_EQ(plots_.visibleSteps(), (std::pair{0.0, 100.0}));
  StepCompleted next;
  next.step = 180;
  next.loss = 2;
  curves_.take(next);
  plots_.refresh();
  EXPECT_EQ(plots_.visibleSteps().second, 180);
}

TEST_F(RunPlotsTest, ShowOneMarkThroughAllPlots) {
  show(420);
  const int x = plots_.positionOf(198).x();
  const QColor mark = theme_.colors().resample;
  const QImage image = plots_.canvas()->grab().toImage();
  std::vector<int> rows;
  for (int y = 0; y < image.height(); ++y) {
    for (int dx = -1; dx <= 1; ++dx) {
      const QColor color = image.pixelColor(x + dx, y);
      const int distance = std::abs(color.red() - mark.red()) + std::abs(color.green() - mark.green()) +
                           std::abs(color.blue() - mark.blue());
      if (distance < 60) {
        rows.push_back(y);
        break;
      }
    }
  }
  // In each fourth of the height, whatever the exact heights of the plots.
  for (int quarter = 0; quarter < 4; ++quarter) {
    const auto inside = [&](int y) { return y * 4 / image.height() == quarter; };
    EXPECT_TRUE(std::any_of(rows.begin(), rows.end(), inside)) << "no mark in quarter " << quarter;
  }
  EXPECT_TRUE(test::screenshot(plots_, QStringLiteral("plots-light")));
  theme_.setMode(Theme::Mode::Dark);
  EXPECT_TRUE(test::screenshot(plots_, QStringLiteral("plots-dark")));
}

TEST_F(RunPlotsTest, ZoomWithTheWheelAndGoBackOnADoubleClick) {
  show(420);
  const QPoint middle = plots_.positionOf(200);
  const QSignalSpy live(&plots_, &RunPlots::liveChanged);
  wheel(3, middle);
  EXPECT_LT(size(), 400);
  EXPECT_NEAR(plots_.positionOf(200).x(), middle.x(), 2) << "the step under the mouse stays where it is";
  EXPECT_FALSE(plots_.live());
  EXPECT_EQ(live.count(), 1);
  const auto zoomed = plots_.visibleSteps();
  StepCompleted next;
  next.step = 421;
  curves_.take(next);
  plots_.refresh();
  EXPECT_EQ(plots_.visibleSteps(), zoomed) << "a zoomed plot stays put while the run goes on";
  QTest::mouseDClick(plots_.canvas(), Qt::LeftButton, {}, middle);
  EXPECT_TRUE(plots_.live());
  EXPECT_EQ(plots_.visibleSteps(), (std::pair{0.0, 421.0}));
}

TEST_F(RunPlotsTest, DragAlongTheRunButNotOutOfIt) {
  show(420);
  const QPoint middle = plots_.positionOf(210);
  wheel(5, middle);
  const auto before = plots_.visibleSteps();
  const auto drag = [&](int dx) {
    QTest::mousePress(plots_.canvas(), Qt::LeftButton, {}, middle);
    for (int part = 1; part <= 4; ++part) {
      // QTest::mouseMove does not tell that a button is held.
      const QPoint at = middle + QPoint(dx * part / 4, 0);
      QMouseEvent move(QEvent::MouseMove, at, plots_.canvas()->mapToGlobal(at), Qt::NoButton, Qt::LeftButton,
                       Qt::NoModifier);
      QCoreApplication::sendEvent(plots_.canvas(), &move);
    }
    QTest::mouseRelease(plots_.canvas(), Qt::LeftButton, {}, middle + QPoint(dx, 0));
    QTest::qWait(20);
  };
  drag(-60);
  EXPECT_GT(plots_.visibleSteps().first, before.first);
  EXPECT_NEAR(size(), before.second - before.first, 1e-6);
  drag(4000);
  EXPECT_GE(plots_.visibleSteps().first, 0);
  wheel(-40, middle);
  EXPECT_EQ(plots_.visibleSteps(), (std::pair{0.0, 420.0}));
  EXPECT_TRUE(plots_.live());
}

TEST_F(RunPlotsTest, OfferTheWayBackOnlyWhileZoomed) {
  show(420);
  EXPECT_EQ(findVisible<QPushButton>(plots_, QStringLiteral("Back to live")), nullptr);
  wheel(2, plots_.positionOf(100));
  ASSERT_TRUE(click(plots_, QStringLiteral("Back to live")));
  EXPECT_TRUE(plots_.live());
  EXPECT_EQ(findVisible<QPushButton>(plots_, QStringLiteral("Back to live")), nullptr);
}

TEST_F(RunPlotsTest, TellAboutTheMarkUnderTheMouse) {
  show(420);
  QSignalSpy hovered(&plots_, &RunPlots::resampleHovered);
  point(plots_.positionOf(390));
  point(plots_.positionOf(396) + QPoint(2, 0));
  ASSERT_FALSE(hovered.isEmpty());
  EXPECT_EQ(hovered.back().at(0).toLongLong(), 2);
  EXPECT_TRUE(test::screenshot(plots_, QStringLiteral("plots-mark-light")));
  theme_.setMode(Theme::Mode::Dark);
  EXPECT_TRUE(test::screenshot(plots_, QStringLiteral("plots-mark-dark")));
  point(plots_.positionOf(300));
  EXPECT_EQ(hovered.back().at(0).toLongLong(), -1);
}

TEST_F(RunPlotsTest, ShareOneCrosshair) {
  show(420);
  const int x = plots_.positionOf(300).x();
  const int foot = plots_.canvas()->height() - 40;
  point(QPoint(20, 200));
  const QColor without = pixel({x, foot});
  point(plots_.positionOf(300));
  EXPECT_NE(pixel({x, foot}), without) << "pointing at the loss must show the same step in the last plot";
  EXPECT_TRUE(test::screenshot(plots_, QStringLiteral("plots-crosshair")));
}

TEST_F(RunPlotsTest, LeaveNoHalfLabelBesideTheStepOfTheCrosshair) {
  show(420);
  const auto* canvas = static_cast<PlotCanvas*>(plots_.canvas());
  const QRect area = canvas->panelArea(PlotCanvas::Gradient);
  const auto ink = [&](int from, int to) {
    const QImage image = plots_.canvas()->grab().toImage();
    for (int x = from; x < to; ++x) {
      for (int y = area.bottom() + 4; y < image.height() - 4; ++y) {
        if (image.pixelColor(x, y) != theme_.colors().surface) return true;
      }
    }
    return false;
  };
  const int label = plots_.positionOf(300).x();
  ASSERT_TRUE(ink(label + 6, label + 14)) << "step 300 is labelled";
  // The patch ends in the middle of the label.
  point(QPoint(label - 18, plots_.positionOf(300).y()));
  EXPECT_FALSE(ink(label + 6, label + 14));
}

TEST_F(RunPlotsTest, ZoomedShowTheWholeSmoothedLine) {
  // Behind a steep fall the smoothed loss lies above every raw one.
  for (std::int64_t step = 1; step <= 400; ++step) {
    StepCompleted done;
    done.step = step;
    done.loss = step < 100 ? 8 : 2 + 0.001 * static_cast<double>(step % 3);
    curves_.take(done);
  }
  plots_.setCurves(&curves_);
  plots_.show();
  QTest::qWait(30);
  wheel(10, plots_.positionOf(130));
  const auto [first, last] = plots_.visibleSteps();
  ASSERT_GT(first, 100.0) << "the fall itself is not on show";
  const QCPRange values = static_cast<PlotCanvas*>(plots_.canvas())->visibleValues(PlotCanvas::Loss);
  for (const CurvePoint& point : curves_.smoothedLoss().points()) {
    if (point.step < first || point.step > last) continue;
    EXPECT_TRUE(values.contains(point.value)) << "step " << point.step << ": " << point.value;
  }
}

TEST_F(RunPlotsTest, AreNamedAfterTheWholeRunOnceItHasEnded) {
  show(420);
  plots_.setGrowing(false);
  wheel(2, plots_.positionOf(100));
  EXPECT_EQ(findVisible<QPushButton>(plots_, QStringLiteral("Back to live")), nullptr);
  ASSERT_TRUE(click(plots_, QStringLiteral("Whole run")));
  EXPECT_TRUE(plots_.live());
}

TEST_F(RunPlotsTest, ShowTheFirstStepOfARun) {
  StepCompleted done;
  done.step = 1;
  done.loss = 4.6277;
  curves_.take(test::exampleStart());
  curves_.take(done);
  plots_.setCurves(&curves_);
  plots_.show();
  QTest::qWait(30);
  const QImage image = plots_.canvas()->grab().toImage();
  const QRect area = static_cast<PlotCanvas*>(plots_.canvas())->panelArea(PlotCanvas::Loss);
  int seen = 0;
  for (int y = area.top(); y <= area.bottom(); ++y) {
    for (int x = area.left(); x <= area.right(); ++x) seen += image.pixelColor(x, y) == theme_.colors().train ? 1 : 0;
  }
  EXPECT_GT(seen, 4);
}

TEST_F(RunPlotsTest, PointAtStepsThatHaveAValue) {
  show(420);
  point(plots_.positionOf(300) + QPoint(1, 0));
  const auto crosshair = static_cast<PlotCanvas*>(plots_.canvas())->crosshair();
  ASSERT_TRUE(crosshair);
  EXPECT_EQ(*crosshair, std::round(*crosshair));
}

TEST_F(RunPlotsTest, LabelOnlyWhatThereIsRoomFor) {
  plots_.resize(832, 330);
  show(420);
  // Two labels of one plot must not touch: between them lies a row without ink.
  const QImage image = plots_.canvas()->grab().toImage();
  const auto* canvas = static_cast<PlotCanvas*>(plots_.canvas());
  for (const auto panel : {PlotCanvas::Rate, PlotCanvas::Gradient}) {
    const QRect area = canvas->panelArea(panel);
    int longest = 0;
    int run = 0;
    for (int y = area.top() - 8; y <= area.bottom() + 8; ++y) {
      bool ink = false;
      for (int x = area.left() - 40; x < area.left() - 4; ++x) {
        ink = ink || image.pixelColor(x, y) != theme_.colors().surface;
      }
      run = ink ? run + 1 : 0;
      longest = std::max(longest, run);
    }
    EXPECT_LE(longest, 14) << "panel " << panel;
  }
}

TEST_F(RunPlotsTest, SmoothTheLossAsChosen) {
  show(420);
  const double before = curves_.smoothedLoss().points().back().value;
  auto* smoothing = findVisible<QComboBox>(plots_, QStringLiteral("Smoothing"));
  ASSERT_NE(smoothing, nullptr);
  smoothing->setFocus();
  QTest::keyClick(smoothing, Qt::Key_Home);
  EXPECT_NE(curves_.smoothedLoss().points().back().value, before);
  EXPECT_DOUBLE_EQ(curves_.smoothedLoss().points().back().value, curves_.loss().points().back().value);
  ASSERT_TRUE(click(plots_, QStringLiteral("log")));
  EXPECT_TRUE(test::screenshot(plots_, QStringLiteral("plots-logarithmic")));
}

}  // namespace
}  // namespace rosa::ui
