// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <QWidget>

#include "settings/theme.h"

namespace rosa::ui {

struct RunState;

/// The run's present figures side by side: loss, validation, step, epoch, speed, memory, rate, gradient, time left.
class MetricStrip : public QWidget {
  Q_OBJECT

 public:
  explicit MetricStrip(const Theme& theme, QWidget* parent = nullptr);

  void setState(const RunState& state);
  /// The value under this label with its unit, as it is shown.
  [[nodiscard]] QString valueOf(const QString& label) const;

  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void changeEvent(QEvent* event) override;
  bool event(QEvent* event) override;

 private:
  struct Metric {
    QString label;
    QColor ThemeColors::*color;
    QString tip;  ///< what the figure is
    QString value, unit;
    int widest = 0;  ///< in pixels, so that its neighbours do not move with every digit
    int widestWithUnit = 0;
  };
  void set(int index, const QString& value, const QString& unit = {});
  /// How wide each figure is drawn, with its unit or without, and the gap between two.
  struct Spread {
    bool units = false;
    double gap = 0;
  };
  [[nodiscard]] Spread spread() const;
  [[nodiscard]] int widthOf(const Metric& metric, bool units) const;

  const Theme& theme_;
  QList<Metric> metrics_;
};

}  // namespace rosa::ui
