// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <qcustomplot.h>

#include <QColor>
#include <QList>
#include <array>
#include <optional>

#include "plots/place_ticker.h"
#include "plots/run_curves.h"
#include "settings/theme.h"

/// The inside of RunPlots; the only headers that see QCustomPlot lie in this folder.
namespace rosa::ui {

/// Four plots under each other over one step axis: loss, memory, learning rate, gradient norm.
///
/// QCustomPlot draws grid, ticks and curves into its buffer. Cards, titles, marks, crosshair and the tooltip are
/// painted around it, so that moving the mouse costs no replot.
class PlotCanvas : public QCustomPlot {
  Q_OBJECT

 public:
  enum PanelIndex { Loss, Memory, Rate, Gradient, kPanels };

  explicit PlotCanvas(const Theme& theme, QWidget* parent = nullptr);

  /// Null empties the plots. The curves must outlive the canvas or the next call.
  void setCurves(const RunCurves* curves);
  /// Takes over what the curves have got since.
  void refresh();

  void setLogarithmic(bool on);
  /// What the labels below the plots count; the lines lie by steps whatever it is.
  void setAlong(Along along);
  [[nodiscard]] bool live() const { return live_; }
  void setLive(bool live);
  void setHighlight(std::optional<std::int64_t> cycle);
  [[nodiscard]] QCPRange visibleSteps() const { return panels_[Loss].rect->axis(QCPAxis::atBottom)->range(); }
  /// Where this step lies, in pixels of the canvas.
  [[nodiscard]] double pixelOf(double step) const;
  [[nodiscard]] QRect panelArea(PanelIndex panel) const { return panels_[panel].rect->rect(); }
  /// Lowest and highest value on show in a panel, in the units of its labels.
  [[nodiscard]] QCPRange visibleValues(PanelIndex panel) const {
    return panels_[panel].rect->axis(QCPAxis::atLeft)->range();
  }
  /// What is shown, on a picture of this widget's size.
  void drawOn(QPaintDevice& device);
  /// The step under the mouse, if it is over the plots.
  [[nodiscard]] std::optional<double> crosshair() const { return crosshair_; }

 Q_SIGNALS:
  void liveChanged(bool live);
  /// -1: none
  void resampleHovered(qint64 cycle);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void changeEvent(QEvent* event) override;
  bool event(QEvent* event) override;

 private:
  struct Line {
    QCPGraph* graph = nullptr;
    const BoundedSeries* (*series)(const RunCurves&) = nullptr;
    QColor ThemeColors::*color = nullptr;
    double scale = 1;
    std::int64_t generation = -1;
    std::size_t count = 0;
  };
  struct Panel {
    QCPAxisRect* rect = nullptr;
    QList<Line> lines;
  };

  void makePanels();
  void makeLines();
  QCPGraph* addLine(PanelIndex panel, const BoundedSeries* (*series)(const RunCurves&), QColor ThemeColors::*color,
                    double scale = 1);
  void restyle();
  void stylePanel(QCPAxisRect& rect, bool bottom);
  void takeNewPoints(Line& line) const;
  /// A plot without points shows neither grid nor labels.
  void showEmptiness();
  void showSteps(QCPRange range);
  void stepsChanged(const QCPRange& range);
  void fitValues();
  /// As many labels beside each plot as its height has room for.
  void fitTicks();
  [[nodiscard]] QCPRange allSteps() const;
  void mouseMoved(QMouseEvent* event);
  void drawLonePoints(QPainter& painter, PanelIndex panel) const;
  void drawMarks(QPainter& painter, const QRect& area) const;
  /// On the loss: evaluations, the best of them, saves, and where the run stopped early.
  void drawEvents(QPainter& painter, const QRect& area) const;
  /// What is told of the step under the mouse.
  [[nodiscard]] QString stepText(double step) const;
  void drawCards(QPainter& painter) const;
  /// Titles, values, marks and what the mouse points at.
  void drawOver(QPainter& painter) const;

  const Theme& theme_;
  const RunCurves* curves_ = nullptr;
  std::array<Panel, kPanels> panels_;
  bool live_ = true;
  bool settingRange_ = false;
  bool logarithmic_ = false;
  Along along_ = Along::Step;
  QSharedPointer<PlaceTicker> places_ = QSharedPointer<PlaceTicker>::create();
  std::optional<double> crosshair_;
  std::optional<std::int64_t> hovered_;      ///< cycle of the mark under the mouse
  std::optional<std::int64_t> highlighted_;  ///< cycle that the window points at elsewhere
};

}  // namespace rosa::ui
