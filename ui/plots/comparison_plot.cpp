// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/comparison_plot.h"

#include <qcustomplot.h>

#include <QHBoxLayout>
#include <QMouseEvent>
#include <QSignalBlocker>
#include <QToolTip>
#include <QVBoxLayout>
#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "plots/along.h"
#include "plots/axis_style.h"
#include "plots/axis_ticker.h"
#include "plots/graph_picker.h"
#include "plots/value_range.h"
#include "settings/fonts.h"
#include "widgets/combo_box.h"
#include "widgets/format.h"

namespace rosa::ui {
namespace {

constexpr int kLegendRows = 4;         ///< then another column
constexpr int kLegendMost = 12;        ///< of many runs pointing at a line tells the name
constexpr int kLegendCharacters = 24;  ///< of a name; the table beside the plot has all of it

/// What every run has: its name and the key it is chosen by.
constexpr std::array<std::pair<const char*, const char*>, 5> kAlways = {{
    {QT_TRANSLATE_NOOP("rosa::ui::ComparisonPlot", "loss, smoothed"), "smoothed"},
    {QT_TRANSLATE_NOOP("rosa::ui::ComparisonPlot", "loss of each step"), "loss"},
    {QT_TRANSLATE_NOOP("rosa::ui::ComparisonPlot", "validation loss"), "validation"},
    {QT_TRANSLATE_NOOP("rosa::ui::ComparisonPlot", "learning rate"), "rate"},
    {QT_TRANSLATE_NOOP("rosa::ui::ComparisonPlot", "gradient norm"), "gradient"},
}};
const QString kMetricPrefix = QStringLiteral("metric:");

const BoundedSeries& seriesOf(const RunCurves& curves, const QString& key) {
  static const BoundedSeries kNone;
  if (key == QLatin1String("loss")) return curves.loss();
  if (key == QLatin1String("validation")) return curves.validation();
  if (key == QLatin1String("rate")) return curves.rate();
  if (key == QLatin1String("gradient")) return curves.gradient();
  if (!key.startsWith(kMetricPrefix)) return curves.smoothedLoss();
  const auto found = curves.metrics().find(key.mid(kMetricPrefix.size()).toStdString());
  return found == curves.metrics().end() ? kNone : found->second;
}

}  // namespace

ComparisonPlot::ComparisonPlot(const Theme& theme, QWidget* parent)
    : QWidget(parent),
      theme_(theme),
      plot_(new QCustomPlot),
      controls_(new QWidget(this)),
      upwards_(new ComboBox),
      along_(makeAlongBox()) {
  plot_->setAccessibleName(tr("Curves of the compared runs"));
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
  plot_->yAxis->setTicker(QSharedPointer<AxisTicker>::create(4, valueLabel));
  plot_->installEventFilter(this);
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->addWidget(plot_, 1);

  upwards_->setAccessibleName(tr("Metric"));
  upwards_->setToolTip(tr("The figure whose course is shown"));
  upwards_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  auto* row = new QHBoxLayout(controls_);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(8);
  row->addWidget(upwards_);
  row->addWidget(along_);
  offerMetrics();
  connect(upwards_, &QComboBox::currentIndexChanged, this, &ComparisonPlot::draw);
  connect(along_, &QComboBox::currentIndexChanged, this, &ComparisonPlot::draw);
  connect(&theme_, &Theme::changed, this, &ComparisonPlot::restyle);
  draw();
}

void ComparisonPlot::setCurves(std::vector<ComparedCurve> curves) {
  curves_ = std::move(curves);
  offerMetrics();
  draw();
}

void ComparisonPlot::offerMetrics() {
  const QSignalBlocker quiet(upwards_);
  const QVariant chosen = upwards_->currentData();
  upwards_->clear();
  for (const auto& [name, key] : kAlways) upwards_->addItem(tr(name), QString::fromUtf8(key));
  std::set<std::string> metrics;
  for (const ComparedCurve& run : curves_) {
    for (const auto& curves : run.runs) {
      for (const auto& [name, series] : curves->metrics()) metrics.insert(name);
    }
  }
  for (const std::string& name : metrics) {
    const QString text = QString::fromStdString(name);
    upwards_->addItem(tr("validation: %1").arg(text), kMetricPrefix + text);
  }
  if (!upwards_->selectData(chosen)) upwards_->setCurrentIndex(0);
}

void ComparisonPlot::draw() {
  const QString upwards = upwards_->currentData().toString();
  const auto along = static_cast<Along>(along_->currentData().toInt());
  plot_->clearGraphs();
  lines_.clear();
  double last = 0;
  ValueRange values;
  for (std::size_t i = 0; i < curves_.size(); ++i) {
    std::vector<std::vector<PlacedPoint>> placed;
    for (const auto& run : curves_[i].runs) {
      const BoundedSeries& series = seriesOf(*run, upwards);
      std::vector<PlacedPoint>& points = placed.emplace_back();
      points.reserve(series.points().size());
      for (const CurvePoint& point : series.points()) points.push_back({placeOf(*run, along, point.step), point.value});
      last = std::max(last, placeOf(*run, along, run->lastStep()));
      values = joined(values, valuesBetween(series, 0, run->lastStep()));
    }
    addLine(i, placed);
  }
  const ValueRange range = lossRange(values, false);
  plot_->xAxis->setLabel(alongLabel(along));
  plot_->xAxis->setTicker(isWhole(along) ? QSharedPointer<AxisTicker>::create(6, stepLabel, true)
                                         : QSharedPointer<AxisTicker>::create(6, valueLabel));
  plot_->xAxis->setRange(0, last > 0 ? last : 1);
  plot_->yAxis->setRange(range.lower, range.upper);
  restyle();
}

void ComparisonPlot::addLine(std::size_t curve, const std::vector<std::vector<PlacedPoint>>& runs) {
  const std::vector<MeanPoint> points = meanCurve(runs);
  const bool band = std::ranges::any_of(points, [](const MeanPoint& point) { return point.half > 0; });
  Line line{curve, nullptr, nullptr, nullptr};
  if (band) {
    line.lower = plot_->addGraph();
    line.upper = plot_->addGraph();
    for (QCPGraph* end : {line.lower, line.upper}) {
      end->setPen(Qt::NoPen);
      end->setSelectable(QCP::stNone);
    }
    line.upper->setChannelFillGraph(line.lower);
    for (const MeanPoint& point : points) {
      line.lower->addData(point.place, point.mean - point.half);
      line.upper->addData(point.place, point.mean + point.half);
    }
  }
  line.line = plot_->addGraph();
  line.line->setName(fontMetrics().elidedText(curves_[curve].name, Qt::ElideMiddle,
                                              fontMetrics().averageCharWidth() * kLegendCharacters));
  if (!points.empty() && plot_->legend->itemCount() < kLegendMost) line.line->addToLegend();
  for (const MeanPoint& point : points) line.line->addData(point.place, point.mean);
  // A few evaluations are points with lines between, not a line.
  constexpr std::size_t kFew = 64;
  if (points.size() <= kFew) line.line->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, 5));
  lines_.push_back(line);
}

QStringList ComparisonPlot::choices() const {
  QStringList names;
  for (int i = 0; i < upwards_->count(); ++i) names << upwards_->itemText(i);
  return names;
}

std::pair<double, double> ComparisonPlot::extent() const {
  return {plot_->xAxis->range().lower, plot_->xAxis->range().upper};
}

int ComparisonPlot::lineCount() const {
  return static_cast<int>(
      std::ranges::count_if(lines_, [](const Line& line) { return !line.line->data()->isEmpty(); }));
}

QString ComparisonPlot::tellAt(const QPoint& position) const {
  const int graph = graphAt(*plot_, position);
  if (graph < 0) return {};
  const auto line = std::ranges::find(lines_, plot_->graph(graph), &Line::line);
  const double place = plot_->xAxis->pixelToCoord(position.x());
  const auto& points = *line->line->data();
  auto point = points.findBegin(place);
  // Of the two neighbours the nearer one.
  if (auto next = std::next(point); next != points.constEnd() && next->key - place < place - point->key) point = next;
  const auto along = static_cast<Along>(along_->currentData().toInt());
  QString told = curves_[line->curve].name + QLatin1Char('\n');
  if (along != Along::Time) told += alongLabel(along) + QLatin1Char(' ');
  told += placeText(along, point->key) + QStringLiteral(": ") + formatNumber(point->value);
  if (line->upper != nullptr) {
    const auto end = line->upper->data()->findBegin(point->key, false);
    if (end->value > point->value) told += QStringLiteral(" ± ") + formatNumber(end->value - point->value, 2);
  }
  return told;
}

QPoint ComparisonPlot::positionOf(double place, double value) const {
  return QPointF(plot_->xAxis->coordToPixel(place), plot_->yAxis->coordToPixel(value)).toPoint();
}

bool ComparisonPlot::eventFilter(QObject* watched, QEvent* event) {
  if (watched == plot_ && event->type() == QEvent::MouseMove) {
    const auto* mouse = static_cast<QMouseEvent*>(event);
    const QString told = tellAt(mouse->position().toPoint());
    if (told.isEmpty()) {
      QToolTip::hideText();
    } else {
      QToolTip::showText(mouse->globalPosition().toPoint(), told, plot_);
    }
  }
  return QWidget::eventFilter(watched, event);
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
  for (const Line& line : lines_) {
    const ComparedCurve& run = curves_[line.curve];
    const QColor color = colors.runs[run.color];
    QPen pen(color, 2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin);
    if (run.dashed) pen.setStyle(Qt::DashLine);
    line.line->setPen(pen);
    if (line.upper == nullptr) continue;
    constexpr float kBandOpacity = 0.18F;
    QColor band = color;
    band.setAlphaF(kBandOpacity);
    line.upper->setBrush(band);
  }
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

}  // namespace rosa::ui
