// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <QComboBox>
#include <QTemporaryDir>

#include "jobs/job_pool.h"
#include "pages/configure/configure_page.h"
#include "settings/preferences.h"
#include "settings/theme.h"
#include "support/fake_engine.h"
#include "support/widgets.h"

namespace rosa::ui {

/// The page with an engine that answers at once.
class ConfigurePageTest : public ::testing::Test {
 protected:
  ConfigurePageTest() {
    theme_.setMode(Theme::Mode::Light);
    theme_.applyTo(*qApp);
    page_.resize(1216, 760);
  }

  void open(const RunConfig& config = test::sampleConfig()) {
    page_.load(config, QStringLiteral("from the sample project"));
    page_.show();
    EXPECT_TRUE(settled());
  }

  /// Waits until the engine has planned what was typed.
  bool settled() {
    const int before = engine_.planCount();
    return QTest::qWaitFor([&] { return engine_.planCount() > before; }) &&
           QTest::qWaitFor([&] { return !test::visibleText(page_).contains(QStringLiteral("Checking")); });
  }

  void typePath(const QString& combo, const QString& path) {
    auto* edit = test::findVisible<QComboBox>(page_, combo)->lineEdit();
    edit->selectAll();
    QTest::keyClicks(edit, path);
    QTest::keyClick(edit, Qt::Key_Return);
  }

  [[nodiscard]] bool shows(const QString& text) { return test::visibleText(page_).contains(text); }
  [[nodiscard]] QPushButton* start() { return test::findVisible<QPushButton>(page_, QStringLiteral("start")); }

  test::FakeEngine engine_;
  QTemporaryDir folder_;
  Theme theme_;
  Preferences preferences_{folder_.filePath(QStringLiteral("studio.ini"))};
  JobPool pool_;
  ConfigurePage page_{engine_, pool_, theme_, preferences_};
};

}  // namespace rosa::ui
