// SPDX-License-Identifier: GPL-3.0-or-later
#include <QApplication>
#include <QElapsedTimer>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <clocale>
#include <cstdio>
#include <filesystem>

#include "plots/run_plots.h"
#include "studio_driver.h"
#include "support/loop_watch.h"
#include "support/widgets.h"

/// `studio_screenshots FOLDER`: trains the sample project as it is preset in the real window, and with two other
/// methods to compare it with; leaves a picture of each page in both looks in FOLDER and prints what it measured on the
/// way.
namespace rosa::test {
namespace {

constexpr int kPictureAtStep = 430;
constexpr int kHoveredStep = 300;
constexpr std::chrono::minutes kLong(20);  ///< for a whole run on a busy machine

class Photographer {
 public:
  explicit Photographer(const std::filesystem::path& home) : studio_(home) {}

  bool work() {
    if (!studio_.waitFor([this] { return canStart(); })) return failed("the sample is not ready to start");
    return (studio_.picture(QStringLiteral("configure"), QStringLiteral("Configure")) &&
            studio_.press(QStringLiteral("Use these")) && name(QStringLiteral("e2e-rosa-8")) && trainPreset() &&
            trainOther(QStringLiteral("LoRA")) && trainOther(QStringLiteral("Full")) && compare() && tryOut()) ||
           failed("a control did not do what it should");
  }

 private:
  static bool failed(const char* why) {
    std::fprintf(stderr, "studio_screenshots: %s\n", why);
    return false;
  }
  [[nodiscard]] bool canStart() {
    const auto* start = findVisible<QPushButton>(studio_.window(), QStringLiteral("start"));
    // Not into the queue behind the last one, whose process takes a moment to go.
    return start != nullptr && start->isEnabled() && start->text() == QStringLiteral("Start");
  }
  bool name(const QString& run) {
    const bool open = findVisible<QLineEdit>(studio_.window(), QStringLiteral("Name")) != nullptr;
    return (open || studio_.press(QStringLiteral("advanced"))) && studio_.write(QStringLiteral("Name"), run);
  }
  /// Points at the mark of a resample, so that its facts show.
  bool pictureRun(const QString& look) {
    if (!studio_.setLook(look, QStringLiteral("Run"))) return false;
    const auto* plots = studio_.window().findChild<ui::RunPlots*>();
    QTest::mouseMove(plots->canvas(), plots->positionOf(kHoveredStep - 20));
    QTest::mouseMove(plots->canvas(), plots->positionOf(kHoveredStep));
    return screenshot(studio_.window(), QStringLiteral("run-") + look.toLower());
  }

  bool trainPreset() {
    LoopWatch watch;
    QElapsedTimer clock;
    watch.setWatching(true);
    if (!studio_.press(QStringLiteral("start"))) return false;
    clock.start();
    if (!studio_.waitFor([this] { return studio_.draws() >= 2; })) return false;
    std::printf("first resample after the draw: %.1f s after the click\n", static_cast<double>(clock.elapsed()) / 1e3);
    const QString first = studio_.samples();
    if (!studio_.waitFor([this] { return studio_.step() >= kPictureAtStep; }, kLong)) return false;
    std::printf("step %d: %.1f s after the click\n", studio_.step(), static_cast<double>(clock.elapsed()) / 1e3);
    std::printf("texts, newest first:\n%s\n", qPrintable(studio_.samples()));
    watch.setWatching(false);
    std::printf("while it trained, an event waited %.1f ms at most, p99 %.1f ms, of %zu\n", watch.quantile(1),
                watch.quantile(0.99), watch.count());
    return pictureRun(QStringLiteral("Light")) && pictureRun(QStringLiteral("Dark")) &&
           studio_.waitFor([this] { return studio_.runIs(QStringLiteral("done")); }, kLong);
  }

  bool trainOther(const QString& method) {
    return studio_.press(QStringLiteral("Configure")) && studio_.press(method) &&
           name(QStringLiteral("e2e-") + method.toLower()) && studio_.waitFor([this] { return canStart(); }) &&
           studio_.press(QStringLiteral("start")) &&
           studio_.waitFor([this] { return studio_.runIs(QStringLiteral("done")); }, kLong);
  }

  bool compare() {
    if (!studio_.press(QStringLiteral("History"))) return false;
    QTableView* table = nullptr;
    if (!studio_.waitFor([&] {
          table = findVisible<QTableView>(studio_.window(), QStringLiteral("Runs"));
          return table != nullptr && table->model()->rowCount() == 3;
        })) {
      return false;
    }
    for (int row = 2; row >= 0; --row) {
      table->setCurrentIndex(table->model()->index(row, 0));
      QTest::keyClick(table, Qt::Key_Space);
    }
    return studio_.waitFor([this] { return studio_.shows(QStringLiteral("3 runs")); }) &&
           studio_.picture(QStringLiteral("history"), QStringLiteral("History"));
  }

  bool tryOut() {
    return studio_.press(QStringLiteral("Try")) && studio_.write(QStringLiteral("Temperature"), QStringLiteral("0")) &&
           studio_.ask(QStringLiteral("name[Aromi], eatType[coffee shop], food[French], area[riverside]")) &&
           studio_.picture(QStringLiteral("try"), QStringLiteral("Try"));
  }

  StudioDriver studio_;
};

}  // namespace
}  // namespace rosa::test

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: studio_screenshots FOLDER\n");
    return 2;
  }
  if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  const QApplication application(argc, argv);
  std::setlocale(LC_NUMERIC, "C");
  QCoreApplication::setApplicationName(QStringLiteral("rosa-studio"));
  qputenv("ROSA_SCREENSHOTS", argv[1]);
  const QTemporaryDir home;
  return rosa::test::Photographer(home.path().toStdString()).work() ? 0 : 1;
}
