// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "models/runs_comparison.h"
#include "models/runs_model.h"
#include "settings/theme.h"
#include "widgets/card.h"

class QLabel;
class QTableWidget;

namespace rosa::ui {

/// "What differs": the settings and results in which the compared runs part, the best result in bold.
class ComparisonTable : public Card {
  Q_OBJECT

 public:
  explicit ComparisonTable(const Theme& theme, QWidget* parent = nullptr);

  /// `looks`: one a run.
  void setRuns(const std::vector<ComparedRun>& runs, const std::vector<RunLook>& looks);

 private:
  void paintHeaders();

  const Theme& theme_;
  std::vector<RunLook> looks_;
  QLabel* title_;
  QTableWidget* table_;
};

}  // namespace rosa::ui
