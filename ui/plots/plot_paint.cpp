// SPDX-License-Identifier: GPL-3.0-or-later
#include <QPainter>
#include <cmath>

#include "plots/plot_canvas.h"
#include "plots/plot_overlay.h"
#include "settings/fonts.h"
#include "widgets/format.h"

/// The painting half of PlotCanvas: which card, title and mark goes where.
namespace rosa::ui {
namespace {

struct PanelText {
  QString title;
  QString empty;
};

PanelText panelText(PlotCanvas::PanelIndex panel) {
  switch (panel) {
    case PlotCanvas::Loss:
      return {QObject::tr("Loss"), QObject::tr("The loss of every step, from the first one on")};
    case PlotCanvas::Memory:
      return {QObject::tr("Memory"), QObject::tr("What memory is used for, with every step")};
    case PlotCanvas::Rate:
      return {QObject::tr("Learning rate"), QObject::tr("The schedule, step by step")};
    default:
      return {QObject::tr("Gradient norm"), QObject::tr("Before clipping, with every step")};
  }
}

/// The value at `step`, of the nearest point.
template <typename Format>
void read(QList<Readout>& readouts, const BoundedSeries& series, double step, QColor ThemeColors::*color,
          Format format) {
  if (const CurvePoint* point = series.nearest(step)) readouts.append({format(point->value), color});
}

QList<Readout> readoutsOf(PlotCanvas::PanelIndex panel, const RunCurves& curves, double step) {
  QList<Readout> values;
  const auto loss = [](double value) { return QString::number(value, 'f', 4); };
  switch (panel) {
    case PlotCanvas::Loss:
      read(values, curves.smoothedLoss(), step, &ThemeColors::train, loss);
      read(values, curves.validation(), step, &ThemeColors::validation,
           [&](double value) { return QObject::tr("validation %1").arg(loss(value)); });
      break;
    case PlotCanvas::Memory:
      read(values, curves.memoryUpTo(RunCurves::kMemoryParts - 1), step, &ThemeColors::text,
           [](double value) { return formatBytes(std::llround(value)); });
      break;
    case PlotCanvas::Rate:
      read(values, curves.rate(), step, &ThemeColors::rate, [](double value) { return formatRate(value); });
      break;
    default:
      read(values, curves.gradient(), step, &ThemeColors::gradient,
           [](double value) { return formatNumber(value, 4); });
      break;
  }
  return values;
}

/// The estimate made before the start, as a dashed line with its name.
void drawEstimate(QPainter& painter, const QRect& area, double y, const ThemeColors& colors) {
  painter.setPen(QPen(colors.muted, 1, Qt::DashLine));
  painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
  painter.setFont(textFont(TextSize::Small));
  painter.setPen(colors.muted);
  const int height = painter.fontMetrics().height();
  // At the left, where no mark stands yet.
  painter.drawText(QRectF(area.left() + 4, y - height - 1, area.width(), height), Qt::AlignLeft | Qt::AlignVCenter,
                   QObject::tr("estimate"));
}

}  // namespace

void PlotCanvas::paintEvent(QPaintEvent* event) {
  const ThemeColors& colors = theme_.colors();
  {
    QPainter below(this);
    below.setRenderHint(QPainter::Antialiasing);
    // QCustomPlot promises to paint every pixel; the gaps between the cards are ours.
    below.fillRect(rect(), colors.window);
    for (const Panel& panel : panels_) {
      // Rounded row heights may add up to a pixel more than there is.
      drawPlotCard(below, panel.rect->outerRect() & rect(), colors);
    }
  }
  QCustomPlot::paintEvent(event);

  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const QCPRange steps = visibleSteps();
  const double at = crosshair_.value_or(curves_ != nullptr ? curves_->lastStep() : 0);
  const double crosshair = crosshair_ ? pixelOf(*crosshair_) : 0;
  for (int i = 0; i < kPanels; ++i) {
    const auto index = static_cast<PanelIndex>(i);
    const QRect area = panelArea(index);
    const QRect card = panels_.at(index).rect->outerRect();
    const PanelText text = panelText(index);
    const QList<Readout> values = curves_ != nullptr ? readoutsOf(index, *curves_, at) : QList<Readout>();
    drawPlotTitle(painter, card, text.title, values, colors);
    if (index == Memory) drawMemoryLegend(painter, card, card.width() / 4, colors);
    if (values.isEmpty()) {
      drawEmptyText(painter, area, text.empty, colors);
      continue;
    }
    if (index == Memory && curves_->estimateBytes() > 0) {
      constexpr double kGib = 1024.0 * 1024.0 * 1024.0;
      const double y = panels_[Memory]
                           .rect->axis(QCPAxis::atLeft)
                           ->coordToPixel(static_cast<double>(curves_->estimateBytes()) / kGib);
      drawEstimate(painter, area, y, colors);
    }
    if (index == Loss) {
      // Not as scatter points of the graph: the newest one, on the edge of the plot, would be cut in half.
      QCPAxis* height = panels_[Loss].rect->axis(QCPAxis::atLeft);
      for (const CurvePoint& point : curves_->validation().points()) {
        if (!steps.contains(point.step)) continue;
        drawValidationPoint(painter, {pixelOf(point.step), height->coordToPixel(point.value)}, colors);
      }
    }
    if (crosshair_ && !hovered_) drawCrosshair(painter, area, crosshair, colors);
    for (const ResampleMark& mark : curves_->resamples()) {
      const auto step = static_cast<double>(mark.event.step);
      // The first draw is where the run begins, not a resample.
      if (mark.event.cycle == 0 || !steps.contains(step)) continue;
      const bool highlighted = mark.event.cycle == hovered_ || mark.event.cycle == highlighted_;
      drawResampleMark(painter, area, pixelOf(step), highlighted, colors);
    }
  }
  if (!crosshair_) return;
  drawStepPatch(painter, panelArea(Gradient), crosshair, formatCount(std::llround(*crosshair_)), colors);
  for (const ResampleMark& mark : curves_->resamples()) {
    if (mark.event.cycle == hovered_) {
      drawResampleTip(painter, panelArea(Loss), pixelOf(static_cast<double>(mark.event.step)), mark, colors);
    }
  }
}

}  // namespace rosa::ui
