// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <filesystem>

#include "rosa/services.h"
#include "settings/theme.h"

class QGridLayout;

namespace rosa::ui {

class Card;
class Field;
class Preferences;

/// Taste, defaults of new runs, and what the machine offers.
class SettingsPage : public QWidget {
  Q_OBJECT

 public:
  /// `home`: the folder all runs live in.
  SettingsPage(Theme& theme, Preferences& preferences, const std::filesystem::path& home, QWidget* parent = nullptr);

  void setMachine(const MachineReport& report);

 Q_SIGNALS:
  void threadsChanged(int threads);

 private:
  [[nodiscard]] Card* makeAppearance();
  [[nodiscard]] Card* makeRuns(const std::filesystem::path& home);
  void setThreads(const QString& text);

  Theme& theme_;
  Preferences& preferences_;
  Field* threads_;
  Card* machineCard_;
  QGridLayout* machine_;
};

}  // namespace rosa::ui
