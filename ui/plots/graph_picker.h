// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <qcustomplot.h>

namespace rosa::ui {

/// The index of the selectable graph that lies nearest to a position of the plot; -1 where none is near enough to be
/// meant.
[[nodiscard]] inline int graphAt(QCustomPlot& plot, const QPointF& position) {
  constexpr double kReach = 10;  // pixels
  int nearest = -1;
  double least = kReach;
  for (int i = 0; i < plot.graphCount(); ++i) {
    const double distance = plot.graph(i)->selectTest(position, true);
    if (distance < 0 || distance >= least) continue;
    least = distance;
    nearest = i;
  }
  return nearest;
}

}  // namespace rosa::ui
