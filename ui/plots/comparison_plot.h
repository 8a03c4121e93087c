// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>
#include <vector>

#include "plots/run_curves.h"
#include "settings/theme.h"
#include "widgets/card.h"

class QCustomPlot;

namespace rosa::ui {

/// The loss of one run in a comparison.
struct ComparedCurve {
  QString name;
  RunCurves curves;
  int color = 0;        ///< of the theme's run colours
  bool dashed = false;  ///< the colours have come round once
};

/// The smoothed losses of several runs over one step axis, each in its run's colour, with the names in a corner.
///
/// GUI thread only; the theme must outlive the widget.
class ComparisonPlot : public Card {
  Q_OBJECT

 public:
  explicit ComparisonPlot(const Theme& theme, QWidget* parent = nullptr);

  void setCurves(std::vector<ComparedCurve> curves);
  /// How many runs have a line.
  [[nodiscard]] int lineCount() const;
  /// The names beside the lines, in their order.
  [[nodiscard]] QStringList legend() const;

 private:
  void restyle();

  const Theme& theme_;
  QCustomPlot* plot_;
  std::vector<ComparedCurve> curves_;
};

}  // namespace rosa::ui
