// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QList>
#include <QString>

#include "plots/run_curves.h"
#include "settings/theme.h"

namespace rosa::ui {

/// A value beside a plot's title, in the colour of its line.
struct Readout {
  QString text;
  QColor ThemeColors::*color = nullptr;
};

/// The losses at `step`: smoothed and as trained, each named as what it is, and the last validation up to there. A
/// value that is not of this very step says of which it is.
[[nodiscard]] QList<Readout> lossReadouts(const RunCurves& curves, double step);
/// Bytes of all parts, rate, gradient norm: of the point nearest to `step`.
[[nodiscard]] QList<Readout> memoryReadouts(const RunCurves& curves, double step);
[[nodiscard]] QList<Readout> rateReadouts(const RunCurves& curves, double step);
[[nodiscard]] QList<Readout> gradientReadouts(const RunCurves& curves, double step);

}  // namespace rosa::ui
