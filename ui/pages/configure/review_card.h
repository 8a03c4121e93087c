// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QStringList>
#include <optional>

#include "pages/configure/pace.h"
#include "rosa/estimate.h"
#include "rosa/runs.h"
#include "widgets/card.h"

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace rosa::ui {

class CheckRow;
class ComboBox;
class ConfigDraft;
class ElidedLabel;
class Field;
class MemoryBar;
class NumberLabel;
class Theme;

/// Step 4: what is missing, what the run will take, and Start.
class ReviewCard : public Card {
  Q_OBJECT

 public:
  ReviewCard(ConfigDraft& draft, const Theme& theme, QWidget* parent = nullptr);

  /// Start waits for a plan of the present settings.
  void setPlanning();
  void setPlan(const RunPlan& plan);
  /// Of the present settings; none = not measured yet.
  void setPace(const std::optional<Pace>& pace);
  /// While a step is being measured.
  void setMeasuring(bool measuring);
  /// Why nothing can start now whatever the settings; empty when it can.
  void setBlocked(const QString& reason);
  /// A start does not begin at once.
  void setQueueing(bool queueing, AtOnce atOnce);
  /// A sentence about a start that failed; empty takes it away.
  void setFailure(const QString& sentence);

  /// The other machines that can be chosen.
  void setHosts(const QStringList& hosts);
  /// The one that is chosen; empty = this machine.
  [[nodiscard]] QString host() const;

  [[nodiscard]] bool canStart() const;
  /// As typed, or as it would be made.
  [[nodiscard]] QString runName() const;
  [[nodiscard]] QPushButton* startButton() const { return start_; }

 Q_SIGNALS:
  void startClicked();
  void measureClicked();
  /// Another machine is chosen: it has a plan of its own.
  void hostChosen();
  /// A problem with this setting was clicked.
  void settingRequested(const QString& key);

 private:
  void showChecks();
  void showStart();
  void showTime();

  ConfigDraft& draft_;
  const Theme& theme_;
  RunPlan plan_;
  bool planned_ = false;  ///< `plan_` is that of the present settings
  QString blocked_;
  bool queueing_ = false;
  AtOnce atOnce_ = AtOnce::One;
  QString failure_;
  QVBoxLayout* checks_;
  QList<CheckRow*> rows_;
  QStringList targets_;  ///< the setting each row is about; empty where it is about none
  MemoryBar* memory_;
  NumberLabel* time_;
  QPushButton* measure_;
  std::optional<Pace> pace_;
  bool measuring_ = false;
  Field* name_;
  ComboBox* hosts_;
  QWidget* hostRow_;
  ElidedLabel* folder_;
  QLabel* reason_;
  QPushButton* start_;
};

}  // namespace rosa::ui
