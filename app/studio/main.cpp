// SPDX-License-Identifier: GPL-3.0-or-later
#include <QApplication>
#include <QCommandLineParser>
#include <QIcon>
#include <clocale>

#include "studio/application.h"

/// `rosa-studio`: the window.
int main(int argc, char** argv) {
  QApplication application(argc, argv);
  // QApplication takes the user's locale; the engine and YAML write decimal points.
  std::setlocale(LC_NUMERIC, "C");
  QCoreApplication::setApplicationName(QStringLiteral("rosa-studio"));
  QCoreApplication::setApplicationVersion(QStringLiteral(ROSA_VERSION));
  QGuiApplication::setApplicationDisplayName(QStringLiteral("ROSA Studio"));
  QGuiApplication::setDesktopFileName(QStringLiteral("rosa-studio"));
  QGuiApplication::setWindowIcon(QIcon(QStringLiteral(":/rosa-studio.svg")));

  QCommandLineParser parser;
  parser.setApplicationDescription(
      QStringLiteral("Fine-tune language models with ROSA, and export merged checkpoints."));
  parser.addHelpOption();
  parser.addVersionOption();
  parser.process(application);

  rosa::studio::Application studio(application);
  studio.show();
  return QApplication::exec();
}
