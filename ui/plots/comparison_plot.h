// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>
#include <QWidget>
#include <memory>
#include <utility>
#include <vector>

#include "plots/mean_curve.h"
#include "plots/run_curves.h"
#include "settings/theme.h"

class QCPGraph;
class QCustomPlot;

namespace rosa::ui {

class ComboBox;

/// One line of a comparison: a run's, or the mean of runs that differ in nothing but the seed.
struct ComparedCurve {
  QString name;
  std::vector<std::shared_ptr<const RunCurves>> runs;
  int color = 0;        ///< of the theme's run colours
  bool dashed = false;  ///< the colours have come round once
};

/// One metric of several runs, by step, epoch, tokens or time, each in its run's colour, with the names in a corner.
/// The mean of several seeds has a band around it, their 95 % interval.
///
/// GUI thread only; the theme must outlive the widget.
class ComparisonPlot : public QWidget {
  Q_OBJECT

 public:
  explicit ComparisonPlot(const Theme& theme, QWidget* parent = nullptr);

  void setCurves(std::vector<ComparedCurve> curves);
  /// What is shown upwards and along, for the header of whoever shows the plot.
  [[nodiscard]] QWidget* controls() const { return controls_; }

  /// How many runs or means have a line.
  [[nodiscard]] int lineCount() const;
  /// The names beside the lines, in their order.
  [[nodiscard]] QStringList legend() const;
  /// The names of what can stand upwards, as the box has them.
  [[nodiscard]] QStringList choices() const;
  /// Both ends of the axis along.
  [[nodiscard]] std::pair<double, double> extent() const;
  /// What pointing at a line tells: its name, the place and the value there; empty where none is near.
  [[nodiscard]] QString tellAt(const QPoint& position) const;
  /// Where a value lies in the plot.
  [[nodiscard]] QPoint positionOf(double place, double value) const;

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  /// A line with the graphs that draw it.
  struct Line {
    std::size_t curve;
    QCPGraph* line;
    QCPGraph* lower;  ///< ends of the band; null without one
    QCPGraph* upper;
  };

  void offerMetrics();
  void draw();
  void addLine(std::size_t curve, const std::vector<std::vector<PlacedPoint>>& runs);
  void restyle();

  const Theme& theme_;
  QCustomPlot* plot_;
  QWidget* controls_;
  ComboBox* upwards_;
  ComboBox* along_;
  std::vector<ComparedCurve> curves_;
  std::vector<Line> lines_;
};

}  // namespace rosa::ui
