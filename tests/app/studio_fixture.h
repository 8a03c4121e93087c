// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <QPushButton>
#include <QTableView>
#include <QTemporaryDir>
#include <filesystem>
#include <system_error>

#include "studio_driver.h"
#include "support/widgets.h"

namespace rosa::test {

namespace fs = std::filesystem;

/// The program on the sample project, with a home of its own.
class StudioE2eTest : public testing::Test {
 protected:
  [[nodiscard]] fs::path home() const { return folder_.path().toStdString(); }
  [[nodiscard]] bool canStart() {
    const auto* start = findVisible<QPushButton>(studio_.window(), QStringLiteral("start"));
    return start != nullptr && start->isEnabled();
  }
  [[nodiscard]] bool hasRuns() const {
    std::error_code error;
    return fs::exists(home() / "runs", error) && !fs::is_empty(home() / "runs", error);
  }
  [[nodiscard]] QTableView* runs() { return findVisible<QTableView>(studio_.window(), QStringLiteral("Runs")); }

  QTemporaryDir folder_;
  StudioDriver studio_{folder_.path().toStdString()};
};

}  // namespace rosa::test
