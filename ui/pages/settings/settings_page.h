// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>
#include <filesystem>
#include <string_view>

#include "rosa/runs.h"
#include "rosa/services.h"
#include "settings/theme.h"

class QGridLayout;

namespace rosa::ui {

class Card;
class Field;
class Preferences;
class SegmentedControl;

/// Taste, defaults of new runs, and what the machine offers.
class SettingsPage : public QWidget {
  Q_OBJECT

 public:
  /// `home`: the folder all runs live in; `homeIsFixed`: no other one can be chosen.
  SettingsPage(Theme& theme, Preferences& preferences, const std::filesystem::path& home, bool homeIsFixed,
               QWidget* parent = nullptr);

  void setMachine(const MachineReport& report);
  void setAtOnce(AtOnce atOnce);

 Q_SIGNALS:
  void hostsChanged(const QStringList& hosts);
  void atOnceChosen(rosa::AtOnce atOnce);
  /// A setting of new runs, in the engine's spelling.
  void ofNewRunsChanged(const QString& key, const QString& text);

 private:
  [[nodiscard]] Card* makeAppearance();
  [[nodiscard]] Field* makeLanguage();
  [[nodiscard]] Card* makeNewRuns();
  [[nodiscard]] Card* makeHosts();
  void setHosts(Field& field, const QString& text);
  [[nodiscard]] Card* makeFolder();
  void setOfNewRuns(Field& field, std::string_view key, const QString& text);
  void chooseFolder(const QString& text);

  Theme& theme_;
  Preferences& preferences_;
  QString home_;
  bool homeIsFixed_;
  QString chosenHome_;  ///< that of the next start
  Field* folder_;
  SegmentedControl* atOnce_;
  Card* machineCard_;
  QGridLayout* machine_;
};

}  // namespace rosa::ui
