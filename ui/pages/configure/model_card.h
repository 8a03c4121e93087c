// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "rosa/engine.h"
#include "widgets/card.h"

namespace rosa::ui {

class ConfigDraft;
class ElidedLabel;
class Field;
class JobPool;
class LatestJob;
class PathCombo;
class Pill;
class Preferences;
class Theme;

/// Step 1: which model. Shows what the folder holds as soon as the engine has read it.
class ModelCard : public Card {
  Q_OBJECT

 public:
  ModelCard(ConfigDraft& draft, Engine& engine, JobPool& pool, Preferences& preferences, const Theme& theme,
            QWidget* parent = nullptr);

  /// Folders offered beside the recent ones.
  void setFoundModels(const QStringList& folders);
  /// Whether the planned run fits into memory; empty while that is unknown.
  void setFit(const QString& word, bool good);

  /// As if it had been chosen in the list.
  void choose(const QString& folder);

 Q_SIGNALS:
  /// The folder was read; nothing where that failed.
  void modelRead(const std::optional<rosa::ModelSummary>& summary);

 private:
  void open(bool file);
  void inspect();
  void showProblem();

  ConfigDraft& draft_;
  Engine& engine_;
  Preferences& preferences_;
  LatestJob* inspection_;
  PathCombo* combo_;
  Field* field_;
  ElidedLabel* facts_;
  Pill* fit_;
  QStringList found_;
  QString inspected_;   ///< the folder that `facts_` tells of, or that is being read
  QString unreadable_;  ///< why the folder could not be read
};

}  // namespace rosa::ui
