// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QWidget>
#include <optional>
#include <utility>

#include "plots/run_curves.h"
#include "settings/theme.h"

class QPushButton;

namespace rosa::ui {

class ComboBox;
class PlotCanvas;

/// Loss, memory, learning rate and gradient norm of one run over one step axis, with a mark for every resample.
///
/// The wheel zooms, dragging moves, a double click shows the whole run again. While the whole run is shown, the plots
/// follow it. GUI thread only; the theme must outlive the widget.
class RunPlots : public QWidget {
  Q_OBJECT

 public:
  explicit RunPlots(const Theme& theme, QWidget* parent = nullptr);

  /// Null empties the plots. The curves must stay until the next call.
  void setCurves(RunCurves* curves);
  /// Whether the curves still grow: the way back from a zoom is then called after the run, else after its whole.
  void setGrowing(bool growing);
  /// Draws what the curves have got since; nothing while hidden, the next showing catches up.
  void refresh();
  /// Highlights the mark of this cycle in every plot.
  void highlight(std::optional<std::int64_t> cycle);

  [[nodiscard]] bool live() const;
  /// First and last step shown.
  [[nodiscard]] std::pair<double, double> visibleSteps() const;
  /// Where a step lies in the loss plot, in the coordinates of `canvas()`.
  [[nodiscard]] QPoint positionOf(double step) const;
  [[nodiscard]] QWidget* canvas() const;

  enum class PictureForm { Png, Svg };
  /// What is shown, as a file's bytes; a PNG has four pixels for each of the screen's.
  [[nodiscard]] QByteArray picture(PictureForm form) const;

 public Q_SLOTS:
  void backToLive();

 Q_SIGNALS:
  void pictureWanted(PictureForm form);
  /// The figures themselves are wanted in a file.
  void figuresWanted();
  /// The smoothed loss of the curves is another one now.
  void smoothingChanged();
  void liveChanged(bool live);
  /// The mark under the mouse; -1 = none.
  void resampleHovered(qint64 cycle);

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  void buildControls();
  void placeControls();

  PlotCanvas* canvas_;
  QWidget* controls_;
  ComboBox* smoothing_;
  QPushButton* back_;
  RunCurves* curves_ = nullptr;
};

}  // namespace rosa::ui
