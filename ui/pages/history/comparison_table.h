// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QTableWidget>
#include <vector>

#include "models/runs_comparison.h"
#include "models/runs_model.h"
#include "settings/theme.h"

namespace rosa::ui {

/// The settings and results in which the compared runs part, the best result in bold: side by side to see what
/// differs, or one below the other to sort them by any of it.
class ComparisonTable : public QTableWidget {
  Q_OBJECT

 public:
  enum class Runs { Across, Down };

  ComparisonTable(const Theme& theme, Runs runs, QWidget* parent = nullptr);

  /// `names` and `looks`: one a run or group of runs, of which `rows` have one value each.
  void setRuns(const QStringList& names, const std::vector<RunLook>& looks, const std::vector<ComparisonRow>& rows);

 Q_SIGNALS:
  /// A person chose a run of a table that has them below one another.
  void picked(int run);

 private:
  void fillAcross(const QStringList& names, const std::vector<ComparisonRow>& rows);
  void fillDown(const QStringList& names, const std::vector<ComparisonRow>& rows);
  void paintNames();

  const Theme& theme_;
  Runs runs_;
  std::vector<RunLook> looks_;
};

}  // namespace rosa::ui
