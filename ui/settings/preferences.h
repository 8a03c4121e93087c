// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QSettings>
#include <QString>
#include <QStringList>
#include <array>
#include <string_view>

#include "settings/theme.h"

/// What the window remembers between starts: taste, places, recent paths. Never anything a run depends on; that lies in
/// the run's own config.yaml.
///
/// Made once by main, passed by reference, GUI thread only. Unreadable values fall back to their defaults.
namespace rosa::ui {

class Preferences {
 public:
  /// Keeps the settings in `file`; main passes `defaultFile()`, tests a file of their own.
  explicit Preferences(const QString& file);
  [[nodiscard]] static QString defaultFile();

  [[nodiscard]] Theme::Mode themeMode() const;
  void setThemeMode(Theme::Mode mode);

  /// "system", "en" or "de".
  [[nodiscard]] QString language() const;
  void setLanguage(const QString& language);

  /// The settings of new runs that are chosen once for all: what a config leaves as the engine has it.
  static constexpr std::array<std::string_view, 2> kOfNewRuns = {"threads", "save-minutes"};
  /// In the engine's spelling; empty = as the engine has it.
  [[nodiscard]] QString ofNewRuns(std::string_view key) const;
  void setOfNewRuns(std::string_view key, const QString& text);
  /// 0 = all cores.
  [[nodiscard]] int threads() const;

  /// Other machines that train, as ssh takes them.
  [[nodiscard]] QStringList hosts() const;
  void setHosts(const QStringList& hosts);

  [[nodiscard]] QByteArray windowGeometry() const;
  void setWindowGeometry(const QByteArray& geometry);

  /// Newest first, at most eight.
  [[nodiscard]] QStringList recentModels() const;
  void addRecentModel(const QString& folder);
  [[nodiscard]] QStringList recentData() const;
  void addRecentData(const QString& path);

  /// The folder a file dialog opened last.
  [[nodiscard]] QString lastFolder() const;
  void setLastFolder(const QString& folder);

  /// The settings of the run that was started last, as YAML; empty before the first.
  [[nodiscard]] QString lastConfig() const;
  /// Those of its settings whose values nobody chose.
  [[nodiscard]] QStringList lastFollowing() const;
  void setLastConfig(const QString& yaml, const QStringList& following);

  /// The folder of the interrupted run of which nothing more is to be said; empty = none.
  [[nodiscard]] QString dismissedRun() const;
  void setDismissedRun(const QString& runDirectory);

  /// The colour a run wears in comparisons, kept for its life: 0, 1, 2, ... in the order in which runs are first
  /// compared.
  [[nodiscard]] int runColor(const QString& runDirectory);
  void forgetRun(const QString& runDirectory);

 private:
  void addRecent(const QString& key, const QString& path);

  QSettings settings_;
};

}  // namespace rosa::ui
