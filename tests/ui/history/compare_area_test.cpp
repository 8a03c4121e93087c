// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/history/compare_area.h"

#include <gtest/gtest.h>

#include <QComboBox>
#include <QTableWidget>
#include <QTemporaryDir>

#include "jobs/job_pool.h"
#include "plots/comparison_plot.h"
#include "plots/sweep_plot.h"
#include "settings/preferences.h"
#include "support/example_events.h"
#include "support/fake_engine.h"
#include "support/widgets.h"
#include "widgets/segmented_control.h"
#include "widgets/switch.h"

namespace rosa::ui {
namespace {

class CompareAreaTest : public ::testing::Test {
 protected:
  CompareAreaTest() {
    theme_.setMode(Theme::Mode::Light);
    theme_.applyTo(*qApp);
    area_.resize(1107, 320);
  }
  /// ROSA with three seeds and LoRA, each with a course of its own.
  [[nodiscard]] std::vector<RunRecord> seeds() {
    std::vector<RunRecord> runs{engine_.records[0], engine_.records[0], engine_.records[0], engine_.records[1]};
    for (std::size_t i = 0; i < runs.size(); ++i) {
      runs[i].directory += std::to_string(i);
      runs[i].name = i < 3 ? "mrpc-rosa-8-s" + std::to_string(i) : "mrpc-lora-8";
      runs[i].seed = static_cast<std::int64_t>(i);
      auto config = engine_.configs.at(engine_.records[i < 3 ? 0 : 1].directory);
      config.seed = runs[i].seed;
      engine_.configs[runs[i].directory] = config;
      engine_.events[runs[i].directory] = test::exampleEvents(200 + 50 * static_cast<int>(i));
    }
    return runs;
  }
  void show(const std::vector<RunRecord>& runs) {
    area_.setRuns(runs);
    ASSERT_TRUE(QTest::qWaitFor([this] { return differences()->columnCount() > 1; }));
  }
  [[nodiscard]] QTableWidget* differences() { return table("What differs"); }
  [[nodiscard]] QTableWidget* table(const char* name) {
    for (auto* table : area_.findChildren<QTableWidget*>()) {
      if (table->accessibleName() == QString::fromUtf8(name)) return table;
    }
    return nullptr;
  }
  void press(const char* segment) { ASSERT_TRUE(test::click(area_, QString::fromUtf8(segment))) << segment; }

  test::FakeEngine engine_;
  QTemporaryDir folder_;
  Theme theme_;
  Preferences preferences_{folder_.filePath(QStringLiteral("studio.ini"))};
  RunsModel model_{preferences_};
  JobPool pool_;
  CompareArea area_{engine_, pool_, model_, theme_};
};

TEST_F(CompareAreaTest, PutsSeedsTogetherUntilTheSwitchIsOff) {
  show(seeds());
  auto* plot = area_.findChild<ComparisonPlot*>();
  EXPECT_EQ(plot->legend(), (QStringList{QStringLiteral("mrpc-rosa-8"), QStringLiteral("mrpc-lora-8")}));
  EXPECT_EQ(differences()->columnCount(), 3);
  EXPECT_TRUE(test::screenshot(area_, QStringLiteral("compare-seeds")));
  ASSERT_TRUE(test::click(area_, QStringLiteral("Seeds together")));
  EXPECT_EQ(plot->legend().size(), 4);
  EXPECT_EQ(differences()->columnCount(), 5);
  press("Results");
  EXPECT_EQ(table("Results")->rowCount(), 4);
  EXPECT_TRUE(test::screenshot(area_, QStringLiteral("compare-results")));
}

TEST_F(CompareAreaTest, HasNoSwitchWhereNoRunHasAnotherSeedOfTheSame) {
  auto runs = seeds();
  runs.erase(runs.begin() + 1, runs.begin() + 3);
  show(runs);
  EXPECT_EQ(test::findVisible<Switch>(area_, QStringLiteral("Seeds together")), nullptr);
}

TEST_F(CompareAreaTest, EveryPictureHasItsOwnControls) {
  show(seeds());
  EXPECT_NE(test::findVisible<QComboBox>(area_, QStringLiteral("Metric")), nullptr);
  press("Parallel");
  EXPECT_EQ(test::findVisible<QComboBox>(area_, QStringLiteral("Metric")), nullptr);
  EXPECT_TRUE(test::screenshot(area_, QStringLiteral("compare-parallel")));
  press("Scatter");
  EXPECT_NE(test::findVisible<QComboBox>(area_, QStringLiteral("Upwards")), nullptr);
  EXPECT_TRUE(test::screenshot(area_, QStringLiteral("compare-scatter")));
}

TEST_F(CompareAreaTest, APointOfThePictureTellsItsRun) {
  std::filesystem::path picked;
  QObject::connect(&area_, &CompareArea::picked, &area_, [&](const auto& directory) { picked = directory; });
  const auto runs = seeds();
  show(runs);
  press("Scatter");
  auto* plot = area_.findChildren<SweepPlot*>().last();
  QTest::qWait(50);
  auto* canvas = test::findVisible<QWidget>(*plot, QStringLiteral("Scatter plot of the compared runs"));
  QTest::mouseClick(canvas, Qt::LeftButton, {}, plot->positionOf(1));
  EXPECT_EQ(picked, runs[3].directory) << "the second, after the seeds";
}

TEST_F(CompareAreaTest, ReadsARunAgainOnlyWhenItHasGoneOn) {
  auto runs = seeds();
  show(runs);
  engine_.events.clear();
  area_.setRuns(runs);
  QTest::qWait(100);
  EXPECT_EQ(area_.findChild<ComparisonPlot*>()->lineCount(), 2);
  ++runs[3].step;
  area_.setRuns(runs);
  EXPECT_TRUE(QTest::qWaitFor([this] { return area_.findChild<ComparisonPlot*>()->lineCount() == 1; }));
}

}  // namespace
}  // namespace rosa::ui
