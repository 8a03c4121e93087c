// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <qcustomplot.h>

#include "settings/theme.h"

namespace rosa::ui {

/// Thin muted axes: no box, no ticks, value lines at 12 % of the text's colour, a base line below.
void styleAxis(QCPAxis& axis, const ThemeColors& colors);

/// Labels of ticks at round values: with as many decimals as the distance of the ticks has.
[[nodiscard]] QString valueLabel(double value, double tickStep);
/// Steps: whole and grouped.
[[nodiscard]] QString stepLabel(double value, double tickStep);

}  // namespace rosa::ui
