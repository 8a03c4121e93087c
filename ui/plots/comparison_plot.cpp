// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/comparison_plot.h"

#include <qcustomplot.h>

#include <QSignalBlocker>
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>

#include "plots/axis_style.h"
#include "plots/axis_ticker.h"
#include "plots/value_range.h"
#include "settings/fonts.h"
#include "widgets/combo_box.h"

namespace rosa::ui {
namespace {

constexpr int kLegendRows = 4;         ///< then another column
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

/// Where a step lies along the axis; time in minutes.
double placeOf(const RunCurves& curves, ComparisonPlot::Along along, double step) {
  using Along = ComparisonPlot::Along;
  if (along == Along::Step) return step;
  constexpr double kSecondsInMinute = 60;
  const BoundedSeries& series = along == Along::Epoch    ? curves.epochs()
                                : along == Along::Tokens ? curves.tokens()
                                                         : curves.seconds();
  const CurvePoint* point = series.lastUpTo(step);
  if (point == nullptr) return 0;
  return along == Along::Time ? point->value / kSecondsInMinute : point->value;
}

QString labelOf(ComparisonPlot::Along along) {
  switch (along) {
    case ComparisonPlot::Along::Epoch:
      return QObject::tr("epoch");
    case ComparisonPlot::Along::Tokens:
      return QObject::tr("tokens");
    case ComparisonPlot::Along::Time:
      return QObject::tr("minutes of training");
    default:
      return QObject::tr("step");
  }
}

}  // namespace

ComparisonPlot::ComparisonPlot(const Theme& theme, QWidget* parent)
    : Card(tr("Curves"), parent), theme_(theme), plot_(new QCustomPlot), upwards_(new ComboBox), along_(new ComboBox) {
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
  body()->addWidget(plot_, 1);

  upwards_->setAccessibleName(tr("Metric"));
  along_->setAccessibleName(tr("Along"));
  along_->setToolTip(tr("The same steps may have taken other times, or read other numbers of tokens"));
  along_->addItem(tr("by step"), static_cast<int>(Along::Step));
  along_->addItem(tr("by epoch"), static_cast<int>(Along::Epoch));
  along_->addItem(tr("by tokens"), static_cast<int>(Along::Tokens));
  along_->addItem(tr("by time"), static_cast<int>(Along::Time));
  for (ComboBox* box : {upwards_, along_}) box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  header()->addStretch();
  header()->addWidget(upwards_);
  header()->addWidget(along_);
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
    for (const auto& [name, series] : run.curves.metrics()) metrics.insert(name);
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
  double first = 0;
  double last = 0;
  ValueRange values;
  for (const ComparedCurve& run : curves_) {
    const BoundedSeries& series = seriesOf(run.curves, upwards);
    QCPGraph* line = plot_->addGraph();
    line->setName(
        fontMetrics().elidedText(run.name, Qt::ElideMiddle, fontMetrics().averageCharWidth() * kLegendCharacters));
    if (!series.points().empty()) line->addToLegend();
    for (const CurvePoint& point : series.points()) line->addData(placeOf(run.curves, along, point.step), point.value);
    last = std::max(last, placeOf(run.curves, along, run.curves.lastStep()));
    values = joined(values, valuesBetween(series, first, run.curves.lastStep()));
    // A few evaluations are points with lines between, not a line.
    constexpr std::size_t kFew = 64;
    if (series.points().size() <= kFew) line->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, 5));
  }
  const ValueRange range = lossRange(values, false);
  plot_->xAxis->setLabel(labelOf(along));
  plot_->xAxis->setTicker(along == Along::Step || along == Along::Tokens
                              ? QSharedPointer<AxisTicker>::create(6, stepLabel, true)
                              : QSharedPointer<AxisTicker>::create(6, valueLabel));
  plot_->xAxis->setRange(first, last > 0 ? last : 1);
  plot_->yAxis->setRange(range.lower, range.upper);
  restyle();
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
