// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/plot_canvas.h"

#include <QHelpEvent>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "plots/axis_style.h"
#include "plots/axis_ticker.h"
#include "plots/plot_overlay.h"
#include "plots/value_range.h"
#include "settings/fonts.h"
#include "widgets/format.h"

namespace rosa::ui {
namespace {

constexpr double kGib = 1024.0 * 1024.0 * 1024.0;
constexpr double kLeastSteps = 10;  ///< a range below this shows nothing more
constexpr double kMarkReach = 6;    ///< pixels from a mark at which it is meant
constexpr int kGap = 10;            ///< between two cards
/// Of the line's colour; on a dark ground the same share is seen less.
constexpr double kRawShare = 0.30;
constexpr double kRawShareDark = 0.60;

/// Shares of the height: loss is what one looks at most.
constexpr std::array<double, PlotCanvas::kPanels> kStretch = {4.2, 2.3, 1.5, 1.7};
constexpr std::array<int, PlotCanvas::kPanels> kMostTicks = {5, 3, 2, 2};

QString rateLabel(double value, double) {
  return std::abs(value) < 1e-15 ? QStringLiteral("0") : formatRate(value);
}
const BoundedSeries* rawLoss(const RunCurves& curves) {
  return &curves.loss();
}
const BoundedSeries* smoothedLoss(const RunCurves& curves) {
  return &curves.smoothedLoss();
}
const BoundedSeries* validationLoss(const RunCurves& curves) {
  return &curves.validation();
}
const BoundedSeries* learningRate(const RunCurves& curves) {
  return &curves.rate();
}
const BoundedSeries* gradientNorm(const RunCurves& curves) {
  return &curves.gradient();
}
template <std::size_t Part>
const BoundedSeries* memoryPart(const RunCurves& curves) {
  return &curves.memoryUpTo(Part);
}

QColor withAlpha(QColor color, double alpha) {
  color.setAlphaF(static_cast<float>(alpha));
  return color;
}

}  // namespace

PlotCanvas::PlotCanvas(const Theme& theme, QWidget* parent) : QCustomPlot(parent), theme_(theme) {
  setBackground(Qt::NoBrush);
  setAutoAddPlottableToLegend(false);
  setMouseTracking(true);
  setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  setNoAntialiasingOnDrag(false);
  makePanels();
  makeLines();
  restyle();
  refresh();
  connect(&theme_, &Theme::changed, this, &PlotCanvas::restyle);
  connect(this, &QCustomPlot::afterLayout, this, &PlotCanvas::fitTicks);
  connect(this, &QCustomPlot::mouseMove, this, &PlotCanvas::mouseMoved);
  connect(this, &QCustomPlot::mouseDoubleClick, this, [this] { setLive(true); });
}

void PlotCanvas::makePanels() {
  plotLayout()->clear();
  plotLayout()->setRowSpacing(kGap);
  for (int i = 0; i < kPanels; ++i) {
    auto* rect = new QCPAxisRect(this, false);
    rect->addAxis(QCPAxis::atLeft);
    rect->addAxis(QCPAxis::atBottom);
    rect->setAutoMargins(QCP::msNone);
    plotLayout()->addElement(i, 0, rect);
    plotLayout()->setRowStretchFactor(i, kStretch.at(static_cast<std::size_t>(i)));
    panels_.at(static_cast<std::size_t>(i)).rect = rect;
    QCPAxis* steps = rect->axis(QCPAxis::atBottom);
    rect->setRangeDrag(Qt::Horizontal);
    rect->setRangeZoom(Qt::Horizontal);
    rect->setRangeDragAxes(steps, nullptr);
    rect->setRangeZoomAxes(steps, nullptr);
    connect(steps, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this, &PlotCanvas::stepsChanged);
  }
  const auto left = [this](PanelIndex panel) { return panels_.at(panel).rect->axis(QCPAxis::atLeft); };
  left(Loss)->setTicker(QSharedPointer<AxisTicker>::create(kMostTicks[Loss], valueLabel));
  left(Memory)->setTicker(QSharedPointer<AxisTicker>::create(kMostTicks[Memory], valueLabel));
  left(Rate)->setTicker(QSharedPointer<AxisTicker>::create(kMostTicks[Rate], rateLabel));
  left(Gradient)->setTicker(QSharedPointer<AxisTicker>::create(kMostTicks[Gradient], valueLabel));
  for (const Panel& panel : panels_) {
    panel.rect->axis(QCPAxis::atBottom)->setTicker(places_);
  }
}

void PlotCanvas::makeLines() {
  addLine(Loss, rawLoss, &ThemeColors::train);
  addLine(Loss, smoothedLoss, &ThemeColors::train);
  addLine(Loss, validationLoss, &ThemeColors::validation);
  // From the whole down to the first part, each filled to the one below it.
  constexpr double kToGib = 1 / kGib;
  QCPGraph* weights = addLine(Memory, memoryPart<0>, &ThemeColors::memoryWeights, kToGib);
  QCPGraph* trainable = addLine(Memory, memoryPart<1>, &ThemeColors::memoryTrainable, kToGib);
  QCPGraph* moments = addLine(Memory, memoryPart<2>, &ThemeColors::memoryMoments, kToGib);
  QCPGraph* activations = addLine(Memory, memoryPart<3>, &ThemeColors::memoryActivations, kToGib);
  QCPGraph* other = addLine(Memory, memoryPart<4>, &ThemeColors::memoryOther, kToGib);
  trainable->setChannelFillGraph(weights);
  moments->setChannelFillGraph(trainable);
  activations->setChannelFillGraph(moments);
  other->setChannelFillGraph(activations);
  addLine(Rate, learningRate, &ThemeColors::rate);
  addLine(Gradient, gradientNorm, &ThemeColors::gradient);
}

QCPGraph* PlotCanvas::addLine(PanelIndex panel, const BoundedSeries* (*series)(const RunCurves&),
                              QColor ThemeColors::*color, double scale) {
  QCPAxisRect& rect = *panels_.at(panel).rect;
  QCPGraph* graph = addGraph(rect.axis(QCPAxis::atBottom), rect.axis(QCPAxis::atLeft));
  panels_.at(panel).lines.append({graph, series, color, scale});
  return graph;
}

void PlotCanvas::restyle() {
  const ThemeColors& colors = theme_.colors();
  for (std::size_t i = 0; i < panels_.size(); ++i) {
    stylePanel(*panels_.at(i).rect, i + 1 == panels_.size());
    for (const Line& line : panels_.at(i).lines) {
      const QColor color = colors.*line.color;
      line.graph->setPen(QPen(color, i == Loss ? 2 : 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
      if (i == Memory) {
        line.graph->setPen(Qt::NoPen);
        line.graph->setBrush(color);
        line.graph->setAntialiasedFill(false);
      }
    }
  }
  panels_[Loss].lines[0].graph->setPen(QPen(withAlpha(colors.train, theme_.dark() ? kRawShareDark : kRawShare), 1));
  replot(rpQueuedReplot);
}

void PlotCanvas::stylePanel(QCPAxisRect& rect, bool bottom) {
  const ThemeColors& colors = theme_.colors();
  const QFont font = textFont(TextSize::Small);
  const QFontMetrics metrics(font);
  const int labels = numberWidth(metrics, QStringLiteral("0.0000")) + 10;
  const int foot = bottom ? metrics.height() + 14 : 12;
  // The loss has buttons beside its title.
  const int head = plotTitleHeight() + (&rect == panels_[Loss].rect ? 12 : 4);
  rect.setMargins(QMargins(kPlotInset + labels, head, kPlotInset + 4, foot));
  rect.setMinimumSize(60, metrics.height());
  for (QCPAxis* axis : rect.axes()) styleAxis(*axis, colors);
}

void PlotCanvas::setCurves(const RunCurves* curves) {
  curves_ = curves;
  places_->setPlaces(curves_, along_);
  hovered_.reset();
  for (Panel& panel : panels_) {
    for (Line& line : panel.lines) {
      line.graph->data()->clear();
      line.generation = -1;
    }
  }
  setLive(true);
  refresh();
}

void PlotCanvas::refresh() {
  if (curves_ != nullptr) {
    for (Panel& panel : panels_) {
      for (Line& line : panel.lines) takeNewPoints(line);
    }
  }
  if (live_) showSteps(allSteps());
  showEmptiness();
  fitValues();
  replot(rpQueuedReplot);
}

void PlotCanvas::showEmptiness() {
  for (const Panel& panel : panels_) {
    const bool empty = std::all_of(panel.lines.begin(), panel.lines.end(),
                                   [](const Line& line) { return line.graph->data()->isEmpty(); });
    QCPAxis* values = panel.rect->axis(QCPAxis::atLeft);
    values->setTickLabels(!empty);
    values->grid()->setVisible(!empty);
    panel.rect->axis(QCPAxis::atBottom)->setTickLabels(!empty && &panel == &panels_.back());
  }
}

void PlotCanvas::takeNewPoints(Line& line) const {
  const BoundedSeries& series = *line.series(*curves_);
  const auto& points = series.points();
  const bool anew = series.generation() != line.generation || points.size() < line.count;
  const std::size_t from = anew ? 0 : line.count;
  QVector<QCPGraphData> added;
  added.reserve(static_cast<qsizetype>(points.size() - from));
  for (std::size_t i = from; i < points.size(); ++i) added.append({points[i].step, points[i].value * line.scale});
  if (anew) {
    line.graph->data()->set(added, true);
  } else {
    line.graph->data()->add(added, true);
  }
  line.generation = series.generation();
  line.count = points.size();
}

QCPRange PlotCanvas::allSteps() const {
  if (curves_ == nullptr) return {0, kLeastSteps};
  return {curves_->firstStep(), std::max(curves_->lastStep(), curves_->firstStep() + kLeastSteps)};
}

void PlotCanvas::showSteps(QCPRange range) {
  settingRange_ = true;
  for (const Panel& panel : panels_) panel.rect->axis(QCPAxis::atBottom)->setRange(range);
  settingRange_ = false;
}

void PlotCanvas::stepsChanged(const QCPRange& range) {
  if (settingRange_) return;
  // Dragged or zoomed: all plots go along, none leaves the run.
  const QCPRange all = allSteps();
  const double size = std::clamp(range.size(), std::min(kLeastSteps, all.size()), all.size());
  double lower = range.size() < size ? range.center() - size / 2 : range.lower;
  lower = std::clamp(lower, all.lower, all.upper - size);
  showSteps({lower, lower + size});
  const bool whole = size >= all.size() * 0.999;
  if (live_ != whole) {
    live_ = whole;
    Q_EMIT liveChanged(live_);
  }
  showEmptiness();
  fitValues();
  replot(rpQueuedReplot);
}

void PlotCanvas::setLive(bool live) {
  const bool changed = live_ != live;
  live_ = live;
  if (live_) {
    showSteps(allSteps());
    showEmptiness();
    fitValues();
    replot(rpQueuedReplot);
  }
  if (changed) Q_EMIT liveChanged(live_);
}

void PlotCanvas::setLogarithmic(bool on) {
  logarithmic_ = on;
  panels_[Loss].rect->axis(QCPAxis::atLeft)->setScaleType(on ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
  fitValues();
  replot(rpQueuedReplot);
}

void PlotCanvas::setAlong(Along along) {
  along_ = along;
  places_->setPlaces(curves_, along_);
  replot(rpQueuedReplot);
}

void PlotCanvas::fitValues() {
  const QCPRange steps = visibleSteps();
  const auto fit = [&](PanelIndex panel, ValueRange range) {
    panels_.at(panel).rect->axis(QCPAxis::atLeft)->setRange(range.lower, range.upper);
  };
  if (curves_ == nullptr) {
    fit(Loss, {0, 4});
    fit(Memory, {0, 1});
    fit(Rate, {0, 1e-3});
    fit(Gradient, {0, 2});
    return;
  }
  const auto inside = [&](const BoundedSeries& series) { return valuesDrawn(series, steps.lower, steps.upper); };
  // All three lines: behind a steep fall the smoothed one lies above every raw loss on show.
  const ValueRange losses = joined(inside(curves_->loss()), inside(curves_->smoothedLoss()));
  fit(Loss, lossRange(joined(losses, inside(curves_->validation())), logarithmic_));
  ValueRange memory = inside(curves_->memoryUpTo(RunCurves::kMemoryParts - 1));
  memory.upper = std::max(memory.upper, static_cast<double>(curves_->estimateBytes()));
  // Room for the estimate's name above its line.
  fit(Memory, fromZero({0, 1.15 * memory.upper / kGib}, 1e-3));
  fit(Rate, fromZero(inside(curves_->rate()), 1e-6));
  fit(Gradient, fromZero(inside(curves_->gradient()), 1e-3));
}

void PlotCanvas::fitTicks() {
  const double room = 1.1 * QFontMetrics(textFont(TextSize::Small)).height();
  bool changed = false;
  for (std::size_t i = 0; i < panels_.size(); ++i) {
    const auto ticker = panels_.at(i).rect->axis(QCPAxis::atLeft)->ticker().staticCast<AxisTicker>();
    const int fitting = std::max(1, static_cast<int>(panels_.at(i).rect->height() / room));
    const int count = std::min(fitting, kMostTicks.at(i));
    changed = changed || ticker->tickCount() != count || ticker->most() != fitting;
    ticker->setTickCount(count);
    ticker->setMost(fitting);
  }
  if (changed) replot(rpQueuedReplot);
}

double PlotCanvas::pixelOf(double step) const {
  return panels_[Loss].rect->axis(QCPAxis::atBottom)->coordToPixel(step);
}

void PlotCanvas::setHighlight(std::optional<std::int64_t> cycle) {
  if (highlighted_ == cycle) return;
  highlighted_ = cycle;
  update();
}

void PlotCanvas::mouseMoved(QMouseEvent* event) {
  const QRect area = panelArea(Loss).united(panelArea(Gradient));
  std::optional<std::int64_t> hovered;
  crosshair_.reset();
  if (curves_ != nullptr && area.contains(event->pos())) {
    crosshair_ = panels_[Loss].rect->axis(QCPAxis::atBottom)->pixelToCoord(event->position().x());
    // On a step that has a value, so that the step told is the one whose values are.
    if (const CurvePoint* point = curves_->loss().nearest(*crosshair_)) crosshair_ = point->step;
    double best = kMarkReach;
    for (const ResampleMark& mark : curves_->resamples()) {
      const double distance = std::abs(pixelOf(static_cast<double>(mark.event.step)) - event->position().x());
      if (mark.event.cycle == 0 || distance > best) continue;
      best = distance;
      hovered = mark.event.cycle;
      crosshair_ = static_cast<double>(mark.event.step);
    }
  }
  if (hovered != hovered_) {
    hovered_ = hovered;
    Q_EMIT resampleHovered(hovered_.value_or(-1));
  }
  update();
}

void PlotCanvas::leaveEvent(QEvent* event) {
  QCustomPlot::leaveEvent(event);
  crosshair_.reset();
  if (hovered_) {
    hovered_.reset();
    Q_EMIT resampleHovered(-1);
  }
  update();
}

void PlotCanvas::changeEvent(QEvent* event) {
  QCustomPlot::changeEvent(event);
  if (event->type() == QEvent::ApplicationFontChange || event->type() == QEvent::FontChange) restyle();
}

bool PlotCanvas::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QCustomPlot::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  QRect title = panels_[Memory].rect->outerRect();
  title.setHeight(plotTitleHeight());
  QToolTip::showText(help->globalPos(), title.contains(help->pos()) ? memoryLegendTip() : QString(), this);
  return true;
}

}  // namespace rosa::ui
