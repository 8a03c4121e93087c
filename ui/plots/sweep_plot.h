// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>
#include <QWidget>
#include <optional>
#include <vector>

#include "settings/theme.h"

class QCPAxis;
class QCustomPlot;

namespace rosa::ui {

class ComboBox;
class ElidedLabel;

/// A setting or a result of every run of a sweep.
struct SweepAxis {
  QString label;
  QStringList texts;                           ///< as they are read; empty where a run has none
  std::vector<std::optional<double>> figures;  ///< of the texts that are numbers
  QString unit = {};                           ///< of the figures
  bool isSetting = false;
  bool isJudged = false;  ///< a result of which more or less is better
};

struct SweepRun {
  QString name;
  int color = 0;
  bool dashed = false;
};

/// How results hang on settings: every run a line across parallel axes, or a point between two of them. Pointing at a
/// run, or the arrow keys, name it; a click, or Return, picks it.
///
/// GUI thread only; the theme must outlive the widget.
class SweepPlot : public QWidget {
  Q_OBJECT

 public:
  enum class View { Parallel, Scatter };

  SweepPlot(const Theme& theme, View view, QWidget* parent = nullptr);

  /// A text and a figure of each run in every axis.
  void setRuns(std::vector<SweepRun> runs, std::vector<SweepAxis> axes);
  /// What stands along and upwards in a scatter plot, for the header of whoever shows it; empty in parallel axes.
  [[nodiscard]] QWidget* controls() const { return controls_; }

  /// The run that is named; -1 = none.
  [[nodiscard]] int named() const { return named_; }
  /// The runs that are drawn.
  [[nodiscard]] int runCount() const;
  /// Where a run crosses an axis, or its point lies (`axis` of no meaning).
  [[nodiscard]] QPoint positionOf(int run, int axis = 0) const;

 Q_SIGNALS:
  void picked(int run);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  /// How the values of an axis lie along it.
  struct Scale {
    std::vector<std::optional<double>> places;  ///< one a run
    double lower = 0, upper = 1;
    bool logarithmic = false;
    QString lowest, highest;  ///< how the values at both ends are read
    QStringList words;        ///< at 0, 1, 2, ...: of an axis without numbers
  };

  [[nodiscard]] static Scale scaleOf(const SweepAxis& axis);
  void offerAxes();
  void draw();
  void drawParallel();
  void drawScatter();
  void addRun(int run, const QVector<double>& keys, const QVector<double>& values);
  void addEnds(int axis, const Scale& scale);
  static void putScale(QCPAxis& axis, const Scale& scale, const QString& label);
  void restyle();
  void name(int run);
  bool stepOn(int key);
  [[nodiscard]] int runAt(const QPointF& position) const;

  const Theme& theme_;
  View view_;
  QCustomPlot* plot_;
  QWidget* controls_;
  ComboBox* along_;
  ComboBox* upwards_;
  ElidedLabel* caption_;
  std::vector<SweepRun> runs_;
  std::vector<SweepAxis> axes_;
  std::vector<int> graphRuns_;  ///< of each graph
  int named_ = -1;
};

}  // namespace rosa::ui
