// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/comparison_plot.h"

#include <qcustomplot.h>

#include <algorithm>

#include "plots/axis_style.h"
#include "plots/axis_ticker.h"
#include "plots/value_range.h"
#include "settings/fonts.h"

namespace rosa::ui {
namespace {

constexpr int kLegendRows = 4;         ///< then another column
constexpr int kLegendCharacters = 24;  ///< of a name; the table beside the plot has all of it

}  // namespace

ComparisonPlot::ComparisonPlot(const Theme& theme, QWidget* parent)
    : Card(tr("Loss, smoothed"), parent), theme_(theme), plot_(new QCustomPlot) {
  plot_->setAccessibleName(tr("Losses of the compared runs"));
  plot_->setMinimumHeight(fontMetrics().height() * 6);
  plot_->setAutoAddPlottableToLegend(false);
  // Losses fall: the upper right is where the fewest lines pass.
  plot_->axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignTop | Qt::AlignRight);
  plot_->legend->setVisible(true);
  plot_->legend->setBorderPen(Qt::NoPen);
  plot_->legend->setRowSpacing(0);
  plot_->legend->setMargins(QMargins(6, 2, 6, 2));
  plot_->legend->setFillOrder(QCPLegend::foRowsFirst);
  plot_->legend->setWrap(kLegendRows);
  plot_->axisRect()->setMinimumMargins(QMargins(0, 4, 8, 0));
  plot_->xAxis->setLabel(tr("step"));
  plot_->xAxis->setTicker(QSharedPointer<AxisTicker>::create(6, stepLabel, true));
  plot_->yAxis->setTicker(QSharedPointer<AxisTicker>::create(4, valueLabel));
  body()->addWidget(plot_, 1);
  connect(&theme_, &Theme::changed, this, &ComparisonPlot::restyle);
  restyle();
}

void ComparisonPlot::setCurves(std::vector<ComparedCurve> curves) {
  curves_ = std::move(curves);
  plot_->clearGraphs();
  double first = 0;
  double last = 1;
  ValueRange values;
  for (const ComparedCurve& run : curves_) {
    const BoundedSeries& loss = run.curves.smoothedLoss();
    QCPGraph* line = plot_->addGraph();
    line->setName(
        fontMetrics().elidedText(run.name, Qt::ElideMiddle, fontMetrics().averageCharWidth() * kLegendCharacters));
    if (!loss.points().empty()) line->addToLegend();
    for (const CurvePoint& point : loss.points()) line->addData(point.step, point.value);
    last = std::max(last, run.curves.lastStep());
    values = joined(values, valuesBetween(loss, first, run.curves.lastStep()));
  }
  const ValueRange range = lossRange(values, false);
  plot_->xAxis->setRange(first, last);
  plot_->yAxis->setRange(range.lower, range.upper);
  restyle();
}

int ComparisonPlot::lineCount() const {
  int count = 0;
  for (int i = 0; i < plot_->graphCount(); ++i) count += plot_->graph(i)->data()->isEmpty() ? 0 : 1;
  return count;
}

QStringList ComparisonPlot::legend() const {
  QStringList names;
  for (int i = 0; i < plot_->legend->itemCount(); ++i) {
    names << static_cast<QCPPlottableLegendItem*>(plot_->legend->item(i))->plottable()->name();
  }
  return names;
}

void ComparisonPlot::restyle() {
  const ThemeColors& colors = theme_.colors();
  plot_->setBackground(colors.surface);
  for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) styleAxis(*axis, colors);
  plot_->xAxis->setLabelFont(textFont(TextSize::Small));
  plot_->xAxis->setLabelColor(colors.muted);
  plot_->xAxis->setLabelPadding(2);
  QColor ground = colors.surface;
  ground.setAlphaF(0.8F);
  plot_->legend->setBrush(ground);
  plot_->legend->setFont(textFont(TextSize::Small));
  plot_->legend->setTextColor(colors.text);
  for (int i = 0; i < plot_->graphCount(); ++i) {
    const ComparedCurve& run = curves_.at(static_cast<std::size_t>(i));
    QPen pen(colors.runs[run.color], 2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin);
    if (run.dashed) pen.setStyle(Qt::DashLine);
    plot_->graph(i)->setPen(pen);
  }
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

}  // namespace rosa::ui
