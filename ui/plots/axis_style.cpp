// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/axis_style.h"

#include <cmath>

#include "settings/fonts.h"
#include "widgets/format.h"

namespace rosa::ui {
namespace {

constexpr double kGridShare = 0.12;  ///< of the text's colour

}  // namespace

void styleAxis(QCPAxis& axis, const ThemeColors& colors) {
  const bool steps = axis.axisType() == QCPAxis::atBottom;
  axis.setTickLabelFont(textFont(TextSize::Small));
  axis.setTickLabelColor(colors.muted);
  axis.setTickLength(0, 0);
  axis.setTickPen(Qt::NoPen);
  axis.setSubTicks(false);
  axis.setTickLabelPadding(steps ? 6 : 8);
  axis.setBasePen(steps ? QPen(colors.border, 1) : QPen(Qt::NoPen));
  axis.setNumberFormat(QStringLiteral("f"));
  QColor grid = colors.text;
  grid.setAlphaF(static_cast<float>(kGridShare));
  if (steps) axis.grid()->setVisible(false);
  axis.grid()->setPen(QPen(grid, 1));
  axis.grid()->setZeroLinePen(Qt::NoPen);
  axis.grid()->setAntialiased(false);
}

QString valueLabel(double value, double tickStep) {
  // 2.5 needs one digit, 0.25 two.
  int decimals = 0;
  for (double step = tickStep; decimals < 6 && std::abs(step - std::round(step)) > 1e-6; step *= 10) ++decimals;
  return QString::number(value, 'f', decimals);
}

QString stepLabel(double value, double) {
  return formatCount(std::llround(value));
}

}  // namespace rosa::ui
