// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "rosa/catalogue.h"

class QPushButton;

namespace rosa::ui {

class ElidedLabel;
class Theme;

/// The line over the pages that tells of a run that was cut off, by a crash, a power cut, a kill, or from this window.
class RecoveryBar : public QWidget {
  Q_OBJECT

 public:
  explicit RecoveryBar(const Theme& theme, QWidget* parent = nullptr);

  /// Shows the line. `savedStep`: of the run's last checkpoint; nothing can be continued without one.
  void offer(const RunRecord& record, std::optional<std::int64_t> savedStep);

  /// A run on another machine is followed no longer, though it may go on.
  void tellLost(const std::filesystem::path& runDirectory, const QString& sentence);

 Q_SIGNALS:
  void continueRequested(const rosa::RunRecord& record);
  void followRequested(const rosa::RunRecord& record);
  void lookRequested(const rosa::RunRecord& record);
  void dismissed(const rosa::RunRecord& record);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  ElidedLabel* text_;
  QPushButton* continue_;
  QPushButton* follow_;
  QPushButton* look_;
  RunRecord record_;
};

}  // namespace rosa::ui
