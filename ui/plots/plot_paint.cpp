// SPDX-License-Identifier: GPL-3.0-or-later
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "plots/plot_canvas.h"
#include "plots/plot_overlay.h"
#include "plots/readouts.h"
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

QList<Readout> readoutsOf(PlotCanvas::PanelIndex panel, const RunCurves& curves, double step) {
  switch (panel) {
    case PlotCanvas::Loss:
      return lossReadouts(curves, step);
    case PlotCanvas::Memory:
      return memoryReadouts(curves, step);
    case PlotCanvas::Rate:
      return rateReadouts(curves, step);
    default:
      return gradientReadouts(curves, step);
  }
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

/// Where the labels below the plot stand.
QList<QRect> stepLabels(const QCPAxisRect& rect) {
  const QCPAxis* axis = rect.axis(QCPAxis::atBottom);
  QVector<double> ticks;
  QVector<QString> texts;
  axis->ticker()->generate(axis->range(), QLocale::c(), QLatin1Char('f'), 0, ticks, nullptr, &texts);
  const QFontMetrics metrics(axis->tickLabelFont());
  QList<QRect> places;
  for (qsizetype i = 0; i < ticks.size(); ++i) {
    const int width = metrics.horizontalAdvance(texts[i]) + 4;
    const int center = qRound(axis->coordToPixel(ticks[i]));
    places.append(QRect(center - width / 2, rect.rect().bottom() + 3, width, metrics.height() + 6));
  }
  return places;
}

}  // namespace

void PlotCanvas::drawLonePoints(QPainter& painter, PanelIndex panel) const {
  if (panel == Memory) return;
  for (const Line& line : panels_.at(panel).lines) {
    const auto& points = line.series(*curves_)->points();
    if (points.size() != 1 || !visibleSteps().contains(points.front().step)) continue;
    const double y = panels_.at(panel).rect->axis(QCPAxis::atLeft)->coordToPixel(points.front().value * line.scale);
    drawLonePoint(painter, {pixelOf(points.front().step), y}, theme_.colors().*line.color);
  }
}

void PlotCanvas::drawMarks(QPainter& painter, const QRect& area) const {
  constexpr double kLeastDistance = 3;  // closer together they are a wall
  const QCPRange steps = visibleSteps();
  double last = -kLeastDistance;
  for (const ResampleMark& mark : curves_->resamples()) {
    const auto step = static_cast<double>(mark.event.step);
    // The first draw is where the run begins, not a resample.
    if (mark.event.cycle == 0 || !steps.contains(step)) continue;
    const bool highlighted = mark.event.cycle == hovered_ || mark.event.cycle == highlighted_;
    const double x = pixelOf(step);
    if (!highlighted && x - last < kLeastDistance) continue;
    last = x;
    drawResampleMark(painter, area, x, highlighted, theme_.colors());
  }
}

void PlotCanvas::drawEvents(QPainter& painter, const QRect& area) const {
  constexpr double kLeastDistance = 6;  // of two saves that are both marked
  const ThemeColors& colors = theme_.colors();
  const QCPRange steps = visibleSteps();
  double last = -kLeastDistance;
  for (const double step : curves_->saves()) {
    if (!steps.contains(step) || pixelOf(step) - last < kLeastDistance) continue;
    last = pixelOf(step);
    drawSaveMark(painter, area, last, colors);
  }
  // Not as scatter points of the graph: the newest one, on the edge of the plot, would be cut in half.
  QCPAxis* height = panels_[Loss].rect->axis(QCPAxis::atLeft);
  for (const CurvePoint& point : curves_->validation().points()) {
    if (!steps.contains(point.step)) continue;
    drawValidationPoint(painter, {pixelOf(point.step), height->coordToPixel(point.value)}, colors);
  }
  if (const auto& best = curves_->best(); best && steps.contains(best->step)) {
    drawBestPoint(painter, area, {pixelOf(best->step), height->coordToPixel(best->value)}, colors);
  }
  if (curves_->stoppedEarly() && steps.contains(curves_->lastStep())) {
    drawEarlyStop(painter, area, pixelOf(curves_->lastStep()), colors);
  }
}

QString PlotCanvas::stepText(double step) const {
  QString text = formatCount(std::llround(step));
  const QString place = placeText(along_, placeOf(*curves_, along_, step));
  if (along_ == Along::Epoch) text = QObject::tr("epoch %1, step %2").arg(place, text);
  if (along_ == Along::Tokens) text = QObject::tr("%1 tokens, step %2").arg(place, text);
  if (along_ == Along::Time) text = QObject::tr("%1, step %2").arg(place, text);
  return std::ranges::binary_search(curves_->saves(), std::round(step)) ? QObject::tr("%1, saved").arg(text) : text;
}

void PlotCanvas::paintEvent(QPaintEvent* event) {
  {
    QPainter below(this);
    drawCards(below);
  }
  QCustomPlot::paintEvent(event);
  QPainter above(this);
  drawOver(above);
}

void PlotCanvas::drawOn(QPaintDevice& device) {
  // One painter throughout: a picture of vectors begins anew with each.
  QCPPainter painter(&device);
  drawCards(painter);
  toPainter(&painter, width(), height());
  drawOver(painter);
}

void PlotCanvas::drawCards(QPainter& painter) const {
  const ThemeColors& colors = theme_.colors();
  painter.setRenderHint(QPainter::Antialiasing);
  // QCustomPlot promises to paint every pixel; the gaps between the cards are ours.
  painter.fillRect(rect(), colors.window);
  for (const Panel& panel : panels_) {
    // Rounded row heights may add up to a pixel more than there is.
    drawPlotCard(painter, panel.rect->outerRect() & rect(), colors);
  }
}

void PlotCanvas::drawOver(QPainter& painter) const {
  const ThemeColors& colors = theme_.colors();
  painter.setRenderHint(QPainter::Antialiasing);
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
    if (index == Loss) drawEvents(painter, area);
    drawLonePoints(painter, index);
    if (crosshair_ && !hovered_) drawCrosshair(painter, area, crosshair, colors);
    drawMarks(painter, area);
  }
  if (!crosshair_) return;
  drawStepPatch(painter, panelArea(Gradient), crosshair, stepText(*crosshair_), stepLabels(*panels_[Gradient].rect),
                colors);
  for (const ResampleMark& mark : curves_->resamples()) {
    if (mark.event.cycle == hovered_) {
      drawResampleTip(painter, panelArea(Loss), pixelOf(static_cast<double>(mark.event.step)), mark, colors);
    }
  }
}

}  // namespace rosa::ui
