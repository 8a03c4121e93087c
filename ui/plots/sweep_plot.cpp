// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/sweep_plot.h"

#include <qcustomplot.h>

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <limits>

#include "plots/axis_style.h"
#include "plots/axis_ticker.h"
#include "plots/graph_picker.h"
#include "settings/fonts.h"
#include "widgets/combo_box.h"
#include "widgets/format.h"
#include "widgets/labels.h"

namespace rosa::ui {
namespace {

constexpr double kLogarithmicFrom = 20;  ///< as many times the least value, and the axis counts by factors
constexpr float kFaint = 0.25F;          ///< of the other runs while one is named

bool hasNumbersOnly(const SweepAxis& axis) {
  bool any = false;
  for (std::size_t run = 0; run < axis.figures.size(); ++run) {
    const bool missing = axis.texts.at(static_cast<qsizetype>(run)).isEmpty();
    if (!missing && !axis.figures[run]) return false;
    any = any || axis.figures[run];
  }
  return any;
}

double shareOf(double value, double lower, double upper, bool logarithmic) {
  if (logarithmic) return std::log(value / lower) / std::log(upper / lower);
  return (value - lower) / (upper - lower);
}

/// Large numbers are counts.
QString figureLabel(double value, double tickStep) {
  constexpr double kLarge = 1e4;
  return tickStep >= 1 && std::abs(value) >= kLarge ? formatBigCount(std::llround(value)) : valueLabel(value, tickStep);
}

/// Ticks of an axis that counts by factors.
class FactorTicker : public QCPAxisTickerLog {
 protected:
  QString getTickLabel(double tick, const QLocale& /*locale*/, QChar /*format*/, int /*precision*/) override {
    return tick < 1 ? formatRate(tick) : formatBigCount(std::llround(tick));
  }
};

QString labelWithUnit(const SweepAxis& axis) {
  return axis.unit.isEmpty() ? axis.label : QObject::tr("%1, %2").arg(axis.label, axis.unit);
}

}  // namespace

SweepPlot::SweepPlot(const Theme& theme, View view, QWidget* parent)
    : QWidget(parent),
      theme_(theme),
      view_(view),
      plot_(new QCustomPlot),
      controls_(new QWidget(this)),
      along_(new ComboBox),
      upwards_(new ComboBox),
      caption_(new ElidedLabel) {
  plot_->setAccessibleName(view == View::Parallel ? tr("Parallel coordinates of the compared runs")
                                                  : tr("Scatter plot of the compared runs"));
  plot_->setMinimumHeight(fontMetrics().height() * 6);
  plot_->setFocusPolicy(Qt::StrongFocus);
  plot_->setAutoAddPlottableToLegend(false);
  plot_->installEventFilter(this);
  caption_->setFont(textFont(TextSize::Small));
  setTone(*caption_, Tone::Muted);
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->setSpacing(4);
  all->addWidget(plot_, 1);
  all->addWidget(caption_);

  along_->setAccessibleName(tr("Along"));
  along_->setToolTip(tr("The setting or result that the axis along counts"));
  upwards_->setAccessibleName(tr("Upwards"));
  upwards_->setToolTip(tr("The result or setting that the axis upwards counts"));
  auto* row = new QHBoxLayout(controls_);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(8);
  if (view == View::Scatter) {
    for (ComboBox* box : {along_, upwards_}) {
      box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
      row->addWidget(box);
      connect(box, &QComboBox::currentIndexChanged, this, &SweepPlot::draw);
    }
  } else {
    along_->setParent(this);
    upwards_->setParent(this);
    along_->hide();
    upwards_->hide();
  }
  connect(&theme_, &Theme::changed, this, &SweepPlot::restyle);
  name(-1);
}

void SweepPlot::setRuns(std::vector<SweepRun> runs, std::vector<SweepAxis> axes) {
  runs_ = std::move(runs);
  axes_ = std::move(axes);
  if (named_ >= static_cast<int>(runs_.size())) named_ = -1;
  offerAxes();
  draw();
  name(named_);
}

void SweepPlot::offerAxes() {
  // A setting against a result, until a person wants something else.
  const auto firstOf = [this](bool SweepAxis::*kind) {
    const auto found = std::ranges::find(axes_, true, kind);
    return found == axes_.end() ? 0 : static_cast<int>(found - axes_.begin());
  };
  for (ComboBox* box : {along_, upwards_}) {
    const QSignalBlocker quiet(box);
    const QString chosen = box->currentText();
    box->clear();
    for (const SweepAxis& axis : axes_) box->addItem(axis.label);
    const int before = box->findText(chosen);
    box->setCurrentIndex(before >= 0 ? before : firstOf(box == along_ ? &SweepAxis::isSetting : &SweepAxis::isJudged));
  }
}

SweepPlot::Scale SweepPlot::scaleOf(const SweepAxis& axis) {
  Scale scale;
  if (!hasNumbersOnly(axis)) {
    for (const QString& text : axis.texts) {
      if (!text.isEmpty() && !scale.words.contains(text)) scale.words << text;
    }
    for (const QString& text : axis.texts) {
      const auto place = scale.words.indexOf(text);
      scale.places.push_back(place < 0 ? std::nullopt : std::optional(static_cast<double>(place)));
    }
    scale.lower = scale.words.size() > 1 ? 0 : -1;
    scale.upper = std::max<double>(1, static_cast<double>(scale.words.size()) - 1);
    return scale;
  }
  scale.lower = std::numeric_limits<double>::infinity();
  scale.upper = -scale.lower;
  for (std::size_t run = 0; run < axis.figures.size(); ++run) {
    const auto& figure = axis.figures[run];
    const bool finite = figure && std::isfinite(*figure);
    scale.places.push_back(finite ? figure : std::nullopt);
    if (!finite) continue;
    // Of "0.412 ± 0.003" the mean.
    const QString text = axis.texts[static_cast<qsizetype>(run)].section(QStringLiteral(" ± "), 0, 0);
    if (*figure < scale.lower) scale.lowest = text;
    if (*figure > scale.upper) scale.highest = text;
    scale.lower = std::min(scale.lower, *figure);
    scale.upper = std::max(scale.upper, *figure);
  }
  if (scale.lower > scale.upper) scale.lower = scale.upper = 0;  // none is finite
  if (scale.lower == scale.upper) {
    const double air = scale.lower == 0 ? 1 : std::abs(scale.lower) / 2;
    scale.lower -= air;
    scale.upper += air;
  }
  scale.logarithmic = scale.lower > 0 && scale.upper / scale.lower >= kLogarithmicFrom;
  return scale;
}

void SweepPlot::draw() {
  plot_->clearGraphs();
  plot_->clearItems();
  graphRuns_.clear();
  if (view_ == View::Parallel) {
    drawParallel();
  } else if (!axes_.empty()) {
    drawScatter();
  }
  restyle();
}

void SweepPlot::addRun(int run, const QVector<double>& keys, const QVector<double>& values) {
  QCPGraph* graph = plot_->addGraph();
  graph->setData(keys, values, true);
  graph->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, view_ == View::Scatter ? 9 : 5));
  if (view_ == View::Scatter) graph->setLineStyle(QCPGraph::lsNone);
  graphRuns_.push_back(run);
}

void SweepPlot::drawParallel() {
  std::vector<Scale> scales;
  auto labels = QSharedPointer<QCPAxisTickerText>::create();
  const int room = std::max(1, plot_->width() / std::max(1, static_cast<int>(axes_.size())) - 8);
  for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
    scales.push_back(scaleOf(axes_[axis]));
    labels->addTick(static_cast<double>(axis), fontMetrics().elidedText(axes_[axis].label, Qt::ElideRight, room));
    addEnds(static_cast<int>(axis), scales.back());
  }
  for (int run = 0; run < static_cast<int>(runs_.size()); ++run) {
    QVector<double> keys, values;
    for (std::size_t axis = 0; axis < scales.size(); ++axis) {
      const Scale& scale = scales[axis];
      const auto& place = scale.places.at(static_cast<std::size_t>(run));
      keys.append(static_cast<double>(axis));
      // What a run has none of is a gap in its line.
      values.append(place ? shareOf(*place, scale.lower, scale.upper, scale.logarithmic) : std::nan(""));
    }
    addRun(run, keys, values);
  }
  plot_->xAxis->setTicker(labels);
  plot_->xAxis->setLabel({});
  plot_->xAxis->setRange(-0.5, std::max(0.5, static_cast<double>(axes_.size()) - 0.5));
  plot_->yAxis->setVisible(false);
  plot_->yAxis->setRange(-0.16, 1.16);
}

void SweepPlot::addEnds(int axis, const Scale& scale) {
  auto* line = new QCPItemLine(plot_);
  line->start->setCoords(axis, 0);
  line->end->setCoords(axis, 1);
  // Below the lower end, above the upper one, beside all between.
  const auto put = [&](double share, const QString& text) {
    auto* item = new QCPItemText(plot_);
    item->setText(text);
    item->setPositionAlignment(share >= 1   ? Qt::AlignHCenter | Qt::AlignBottom
                               : share <= 0 ? Qt::AlignHCenter | Qt::AlignTop
                                            : Qt::AlignLeft | Qt::AlignVCenter);
    item->position->setCoords(axis, share);
    item->setPadding(QMargins(6, 3, 6, 3));
  };
  if (scale.words.isEmpty()) {
    put(0, scale.lowest);
    put(1, scale.highest);
  }
  constexpr qsizetype kMostWords = 6;  // more stand too close to be read
  for (qsizetype i = 0; i < scale.words.size(); ++i) {
    const bool end = i == 0 || i + 1 == scale.words.size();
    if (!end && scale.words.size() > kMostWords) continue;
    put(shareOf(static_cast<double>(i), scale.lower, scale.upper, false), scale.words[i]);
  }
}

void SweepPlot::putScale(QCPAxis& axis, const Scale& scale, const QString& label) {
  axis.setLabel(label);
  axis.setScaleType(scale.logarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
  if (!scale.words.isEmpty()) {
    auto words = QSharedPointer<QCPAxisTickerText>::create();
    for (qsizetype i = 0; i < scale.words.size(); ++i) words->addTick(static_cast<double>(i), scale.words[i]);
    axis.setTicker(words);
    axis.setRange(-0.5, static_cast<double>(scale.words.size()) - 0.5);
    return;
  }
  if (scale.logarithmic) {
    axis.setTicker(QSharedPointer<FactorTicker>::create());
    const double air = std::pow(scale.upper / scale.lower, 0.06);
    axis.setRange(scale.lower / air, scale.upper * air);
    return;
  }
  axis.setTicker(QSharedPointer<AxisTicker>::create(5, figureLabel));
  const double air = (scale.upper - scale.lower) * 0.06;
  axis.setRange(scale.lower - air, scale.upper + air);
}

void SweepPlot::drawScatter() {
  const SweepAxis& along = axes_.at(static_cast<std::size_t>(std::max(0, along_->currentIndex())));
  const SweepAxis& upwards = axes_.at(static_cast<std::size_t>(std::max(0, upwards_->currentIndex())));
  const Scale x = scaleOf(along);
  const Scale y = scaleOf(upwards);
  for (std::size_t run = 0; run < runs_.size(); ++run) {
    if (x.places[run] && y.places[run]) addRun(static_cast<int>(run), {*x.places[run]}, {*y.places[run]});
  }
  putScale(*plot_->xAxis, x, labelWithUnit(along));
  putScale(*plot_->yAxis, y, labelWithUnit(upwards));
}

void SweepPlot::restyle() {
  const ThemeColors& colors = theme_.colors();
  plot_->setBackground(colors.surface);
  for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) {
    styleAxis(*axis, colors);
    axis->setLabelFont(textFont(TextSize::Small));
    axis->setLabelColor(colors.muted);
    axis->setLabelPadding(2);
  }
  if (view_ == View::Parallel) plot_->xAxis->setBasePen(Qt::NoPen);
  for (int i = 0; i < plot_->itemCount(); ++i) {
    if (auto* text = qobject_cast<QCPItemText*>(plot_->item(i))) {
      text->setFont(textFont(TextSize::Small));
      text->setColor(colors.muted);
    } else if (auto* line = qobject_cast<QCPItemLine*>(plot_->item(i))) {
      line->setPen(QPen(colors.border, 1));
    }
  }
  for (int i = 0; i < plot_->graphCount(); ++i) {
    const int run = graphRuns_[static_cast<std::size_t>(i)];
    const SweepRun& look = runs_[static_cast<std::size_t>(run)];
    QColor color = colors.runs[look.color];
    if (named_ >= 0 && run != named_) color.setAlphaF(kFaint);
    QPen pen(color, run == named_ ? 3 : 2, look.dashed ? Qt::DashLine : Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin);
    plot_->graph(i)->setPen(pen);
  }
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

void SweepPlot::name(int run) {
  named_ = run;
  if (run < 0) {
    caption_->setText(tr("Point at a run, or use the arrow keys, to see its name; a click selects it in the list."));
  } else {
    QStringList parts;
    for (const SweepAxis& axis : axes_) {
      const QString& text = axis.texts.at(run);
      if (!text.isEmpty()) parts << axis.label + QLatin1Char(' ') + text;
    }
    caption_->setText(runs_[static_cast<std::size_t>(run)].name + QStringLiteral(": ") +
                      parts.join(QStringLiteral(", ")));
  }
  plot_->setAccessibleDescription(caption_->text());
  restyle();
}

bool SweepPlot::stepOn(int key) {
  const int count = static_cast<int>(runs_.size());
  if (count == 0) return false;
  switch (key) {
    case Qt::Key_Right:
    case Qt::Key_Down:
      name((named_ + 1) % count);
      return true;
    case Qt::Key_Left:
    case Qt::Key_Up:
      name(named_ <= 0 ? count - 1 : named_ - 1);
      return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
      if (named_ >= 0) Q_EMIT picked(named_);
      return true;
    default:
      return false;
  }
}

int SweepPlot::runAt(const QPointF& position) const {
  const int graph = graphAt(*plot_, position);
  return graph < 0 ? -1 : graphRuns_[static_cast<std::size_t>(graph)];
}

bool SweepPlot::eventFilter(QObject* watched, QEvent* event) {
  if (watched != plot_) return QWidget::eventFilter(watched, event);
  switch (event->type()) {
    case QEvent::MouseMove: {
      const int run = runAt(static_cast<QMouseEvent*>(event)->position());
      if (run != named_) name(run);
      break;
    }
    case QEvent::MouseButtonPress:
      if (const int run = runAt(static_cast<QMouseEvent*>(event)->position()); run >= 0) Q_EMIT picked(run);
      break;
    case QEvent::Leave:
      if (named_ >= 0 && !plot_->hasFocus()) name(-1);
      break;
    case QEvent::KeyPress:
      if (stepOn(static_cast<QKeyEvent*>(event)->key())) return true;
      break;
    case QEvent::Resize:
      // The labels of the axes share its width.
      if (view_ == View::Parallel) QMetaObject::invokeMethod(this, &SweepPlot::draw, Qt::QueuedConnection);
      break;
    default:
      break;
  }
  return QWidget::eventFilter(watched, event);
}

int SweepPlot::runCount() const {
  return plot_->graphCount();
}

QPoint SweepPlot::positionOf(int run, int axis) const {
  const auto graph = std::ranges::find(graphRuns_, run);
  if (graph == graphRuns_.end()) return {};
  const auto& points = *plot_->graph(static_cast<int>(graph - graphRuns_.begin()))->data();
  const auto& point = *points.at(view_ == View::Parallel ? axis : 0);
  return QPointF(plot_->xAxis->coordToPixel(point.key), plot_->yAxis->coordToPixel(point.value)).toPoint();
}

}  // namespace rosa::ui
