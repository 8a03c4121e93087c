// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>
#include <utility>
#include <vector>

#include "plots/run_curves.h"
#include "settings/theme.h"
#include "widgets/card.h"

class QCustomPlot;

namespace rosa::ui {

class ComboBox;

/// The curves of one run in a comparison.
struct ComparedCurve {
  QString name;
  RunCurves curves;
  int color = 0;        ///< of the theme's run colours
  bool dashed = false;  ///< the colours have come round once
};

/// One metric of several runs, by step, epoch, tokens or time, each in its run's colour, with the names in a corner.
///
/// GUI thread only; the theme must outlive the widget.
class ComparisonPlot : public Card {
  Q_OBJECT

 public:
  explicit ComparisonPlot(const Theme& theme, QWidget* parent = nullptr);

  /// What the axis along counts.
  enum class Along { Step, Epoch, Tokens, Time };

  void setCurves(std::vector<ComparedCurve> curves);
  /// How many runs have a line.
  [[nodiscard]] int lineCount() const;
  /// The names beside the lines, in their order.
  [[nodiscard]] QStringList legend() const;

  /// The names of what can stand upwards, as the box has them.
  [[nodiscard]] QStringList choices() const;
  /// Both ends of the axis along.
  [[nodiscard]] std::pair<double, double> extent() const;

 private:
  void offerMetrics();
  void draw();
  void restyle();

  const Theme& theme_;
  QCustomPlot* plot_;
  ComboBox* upwards_;
  ComboBox* along_;
  std::vector<ComparedCurve> curves_;
};

}  // namespace rosa::ui
