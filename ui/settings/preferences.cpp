// SPDX-License-Identifier: GPL-3.0-or-later
#include "settings/preferences.h"

#include <QStandardPaths>
#include <algorithm>
#include <array>

namespace rosa::ui {
namespace {

constexpr qsizetype kRecent = 8;
constexpr std::array kModes = {"system", "light", "dark"};

QString keyText(std::string_view key) {
  return QString::fromUtf8(key.data(), static_cast<qsizetype>(key.size()));
}

QString colorKey(const QString& runDirectory) {
  // A slash would nest the key.
  return QStringLiteral("runColors/") + QString(runDirectory).replace(QLatin1Char('/'), QLatin1Char('|'));
}

}  // namespace

Preferences::Preferences(const QString& file) : settings_(file, QSettings::IniFormat) {}

QString Preferences::defaultFile() {
  return QStandardPaths::writableLocation(QStandardPaths::AppConfigLocation) + QStringLiteral("/studio.ini");
}

Theme::Mode Preferences::themeMode() const {
  const QString stored = settings_.value(QStringLiteral("theme")).toString();
  const auto* const found = std::find(kModes.begin(), kModes.end(), stored);
  return found == kModes.end() ? Theme::Mode::System : static_cast<Theme::Mode>(found - kModes.begin());
}

void Preferences::setThemeMode(Theme::Mode mode) {
  settings_.setValue(QStringLiteral("theme"), QLatin1String(kModes.at(static_cast<std::size_t>(mode))));
}

QString Preferences::language() const {
  return settings_.value(QStringLiteral("language"), QStringLiteral("system")).toString();
}

void Preferences::setLanguage(const QString& language) {
  settings_.setValue(QStringLiteral("language"), language);
}

QString Preferences::ofNewRuns(std::string_view key) const {
  return settings_.value(keyText(key)).toString();
}

void Preferences::setOfNewRuns(std::string_view key, const QString& text) {
  settings_.setValue(keyText(key), text);
}

int Preferences::threads() const {
  return std::max(0, ofNewRuns("threads").toInt());
}

QStringList Preferences::hosts() const {
  return settings_.value(QStringLiteral("hosts")).toStringList();
}

void Preferences::setHosts(const QStringList& hosts) {
  settings_.setValue(QStringLiteral("hosts"), hosts);
}

QByteArray Preferences::windowGeometry() const {
  return settings_.value(QStringLiteral("window/geometry")).toByteArray();
}

void Preferences::setWindowGeometry(const QByteArray& geometry) {
  settings_.setValue(QStringLiteral("window/geometry"), geometry);
}

QStringList Preferences::recentModels() const {
  return settings_.value(QStringLiteral("recent/models")).toStringList();
}

void Preferences::addRecentModel(const QString& folder) {
  addRecent(QStringLiteral("recent/models"), folder);
}

QStringList Preferences::recentData() const {
  return settings_.value(QStringLiteral("recent/data")).toStringList();
}

void Preferences::addRecentData(const QString& path) {
  addRecent(QStringLiteral("recent/data"), path);
}

void Preferences::addRecent(const QString& key, const QString& path) {
  QStringList recent = settings_.value(key).toStringList();
  recent.removeAll(path);
  recent.prepend(path);
  settings_.setValue(key, QStringList(recent.mid(0, kRecent)));
}

QString Preferences::lastFolder() const {
  return settings_.value(QStringLiteral("recent/folder")).toString();
}

void Preferences::setLastFolder(const QString& folder) {
  settings_.setValue(QStringLiteral("recent/folder"), folder);
}

QString Preferences::lastConfig() const {
  return settings_.value(QStringLiteral("recent/config")).toString();
}

QStringList Preferences::lastFollowing() const {
  return settings_.value(QStringLiteral("recent/following")).toStringList();
}

void Preferences::setLastConfig(const QString& yaml, const QStringList& following) {
  settings_.setValue(QStringLiteral("recent/config"), yaml);
  settings_.setValue(QStringLiteral("recent/following"), following);
}

QString Preferences::dismissedRun() const {
  return settings_.value(QStringLiteral("dismissed_run")).toString();
}

void Preferences::setDismissedRun(const QString& runDirectory) {
  settings_.setValue(QStringLiteral("dismissed_run"), runDirectory);
}

int Preferences::runColor(const QString& runDirectory) {
  const QString key = colorKey(runDirectory);
  if (settings_.contains(key)) return std::max(0, settings_.value(key).toInt());
  const QString counter = QStringLiteral("nextRunColor");
  const int color = std::max(0, settings_.value(counter, 0).toInt());
  settings_.setValue(key, color);
  settings_.setValue(counter, color + 1);
  return color;
}

void Preferences::forgetRun(const QString& runDirectory) {
  settings_.remove(colorKey(runDirectory));
}

}  // namespace rosa::ui
