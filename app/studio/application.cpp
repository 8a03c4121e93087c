// SPDX-License-Identifier: GPL-3.0-or-later
#include "studio/application.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QLibraryInfo>
#include <QStandardPaths>
#include <QTranslator>
#include <filesystem>
#include <string>

#include "models/model_finder.h"
#include "settings/language.h"
#include "studio/desktop_notice.h"

namespace rosa::studio {
namespace {

std::filesystem::path toPath(const QString& text) {
  return QFile::encodeName(text).toStdString();
}

/// Presets and samples: beside the installed program, or in the sources it was built from.
std::filesystem::path resourcesFolder() {
  const QDir program(QCoreApplication::applicationDirPath());
  const QString installed = program.absoluteFilePath(QStringLiteral("../" ROSA_INSTALL_RESOURCES));
  const QString folder = QDir(installed).exists() ? installed : QStringLiteral(ROSA_BUILD_RESOURCES);
  return toPath(QDir::cleanPath(folder));
}

ui::Places places() {
  ui::Places places;
  places.home = rosaHome();
  places.homeIsFixed = !qEnvironmentVariableIsEmpty("ROSA_HOME");
  // Another one that is chosen while this window is open holds from the next start on, for its runs too.
  qputenv("ROSA_HOME", QByteArray::fromStdString(places.home.string()));
  const std::filesystem::path resources = resourcesFolder();
  std::error_code error;
  const auto sample = resources / "presets" / "sample.yaml";
  if (std::filesystem::exists(sample, error)) places.sampleConfig = sample;
  places.modelRoots = ui::usualModelFolders(places.home, resources / "samples");
  return places;
}

/// Words and colours are there before the window is made with them: the theme must look at the desktop's palette before
/// the window is made with ours.
ui::Theme& applied(ui::Theme& theme, const ui::Preferences& preferences, QApplication& application) {
  if (const QString code = ui::Language::chosen(preferences.language()); !code.isEmpty()) {
    // Qt's own dialogs where their words are installed; ours are asked first.
    auto* qt = new QTranslator(&application);
    if (qt->load(QStringLiteral("qtbase_") + code, QLibraryInfo::path(QLibraryInfo::TranslationsPath))) {
      QCoreApplication::installTranslator(qt);
    }
    QCoreApplication::installTranslator(new ui::Language(code, &application));
  }
  theme.setMode(preferences.themeMode());
  theme.applyTo(application);
  return theme;
}

}  // namespace

Application::Application(QApplication& application)
    : preferences_(ui::Preferences::defaultFile()),
      engine_(createEngine()),
      runs_(localRuns(toPath(QCoreApplication::applicationDirPath()) / "rosa",
                      [this](const RunConfig& config) { return engine_->plan(config); })),
      window_(*engine_, *runs_, pool_, applied(theme_, preferences_, application), preferences_, places()),
      signals_([this] { window_.quit(); }) {
  QObject::connect(&window_, &ui::MainWindow::runEnded, [this](const QString& name, const QString& outcome) {
    // Who looks at the window sees it there.
    if (!window_.isActiveWindow()) showDesktopNotice(QDBusConnection::sessionBus(), name, outcome);
  });
  // Not quit(), which asks the windows first: a dialog that is open must not keep the program.
  QObject::connect(&window_, &ui::MainWindow::readyToQuit, [] { QCoreApplication::exit(0); });
}

}  // namespace rosa::studio
