// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QApplication>
#include <QStandardPaths>
#include <clocale>

/// Main of every test program with widgets: no display is needed, and settings go to Qt's test folders.
int main(int argc, char** argv) {
  if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  // The window speaks the language of the desktop; these tests read English.
  qputenv("LC_ALL", "C.UTF-8");
  QStandardPaths::setTestModeEnabled(true);
  ::testing::InitGoogleTest(&argc, argv);
  const QApplication application(argc, argv);
  std::setlocale(LC_NUMERIC, "C");  // QApplication takes the user's locale; the engine and YAML write decimal points
  QCoreApplication::setOrganizationName(QStringLiteral("rosa-studio"));
  QCoreApplication::setApplicationName(QStringLiteral("rosa-studio-test"));
  return RUN_ALL_TESTS();
}
