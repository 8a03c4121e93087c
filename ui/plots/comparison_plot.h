// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <memory>
#include <vector>

#include "plots/run_curves.h"
#include "settings/theme.h"
#include "widgets/card.h"

class QCustomPlot;

namespace rosa::ui {

/// The loss of one run in a comparison.
struct ComparedCurve {
  RunCurves curves;
  int color = 0;        ///< of the theme's run colours
  bool dashed = false;  ///< the colours have come round once
};

/// The smoothed losses of several runs over one step axis, each in its run's colour.
///
/// GUI thread only; the theme must outlive the widget.
class ComparisonPlot : public Card {
  Q_OBJECT

 public:
  explicit ComparisonPlot(const Theme& theme, QWidget* parent = nullptr);

  void setCurves(std::vector<ComparedCurve> curves);
  /// How many runs have a line.
  [[nodiscard]] int lineCount() const;

 private:
  void restyle();

  const Theme& theme_;
  QCustomPlot* plot_;
  std::vector<ComparedCurve> curves_;
};

}  // namespace rosa::ui
