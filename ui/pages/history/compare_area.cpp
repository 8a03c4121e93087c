// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/history/compare_area.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QSet>
#include <QStackedWidget>
#include <algorithm>
#include <utility>

#include "jobs/latest_job.h"
#include "pages/history/comparison_table.h"
#include "plots/comparison_plot.h"
#include "plots/sweep_plot.h"
#include "widgets/card.h"
#include "widgets/format.h"
#include "widgets/labels.h"
#include "widgets/segmented_control.h"
#include "widgets/switch.h"

namespace rosa::ui {
namespace {

/// For the header of a card: as wide as the page that is shown.
QStackedWidget* makeHeaderStack(std::initializer_list<QWidget*> pages) {
  auto* stack = new QStackedWidget;
  for (QWidget* page : pages) {
    stack->addWidget(page);
    page->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  }
  stack->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
  return stack;
}

void showPage(QStackedWidget& stack, int page) {
  // The other pages ask for no room meanwhile.
  stack.currentWidget()->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  stack.setCurrentIndex(page);
  stack.currentWidget()->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Preferred);
  stack.updateGeometry();
}

}  // namespace

CompareArea::CompareArea(Engine& engine, JobPool& pool, const RunsModel& model, const Theme& theme, QWidget* parent)
    : QWidget(parent),
      engine_(engine),
      model_(model),
      reading_(new LatestJob(pool, this)),
      picture_(new SegmentedControl),
      seedsTogether_(new Switch),
      curves_(new ComparisonPlot(theme)),
      parallel_(new SweepPlot(theme, SweepPlot::View::Parallel)),
      scatter_(new SweepPlot(theme, SweepPlot::View::Scatter)),
      table_(new SegmentedControl),
      title_(makeLabel({}, TextSize::Small, Tone::Muted)),
      tables_(new QStackedWidget),
      differences_(new ComparisonTable(theme, ComparisonTable::Runs::Across)),
      results_(new ComparisonTable(theme, ComparisonTable::Runs::Down)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(12);
  row->addWidget(makePictures(), 3);
  row->addWidget(makeTables(), 2);
  hide();
  for (SweepPlot* plot : {parallel_, scatter_}) connect(plot, &SweepPlot::picked, this, &CompareArea::pick);
  connect(results_, &ComparisonTable::picked, this, &CompareArea::pick);
  connect(seedsTogether_, &Switch::toggled, this, &CompareArea::showRuns);
}

QWidget* CompareArea::makePictures() {
  picture_->addSegment(tr("Curves"), tr("One figure of every run along its training"));
  picture_->addSegment(tr("Parallel"), tr("A line a run through its settings and results"));
  picture_->addSegment(tr("Scatter"), tr("A point a run, any setting or result against another"));
  picture_->setAccessibleName(tr("Picture"));
  pictures_ = new QStackedWidget;
  for (QWidget* plot : std::initializer_list<QWidget*>{curves_, parallel_, scatter_}) pictures_->addWidget(plot);
  controls_ = makeHeaderStack({curves_->controls(), parallel_->controls(), scatter_->controls()});
  picture_->setCurrent(0);
  showPage(*controls_, 0);
  seedsTogether_->setAccessibleName(tr("Seeds together"));
  seedsTogether_->setToolTip(tr("Shows runs that differ in nothing but the seed as their mean with its 95 % interval"));
  seedsTogether_->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
  seedsTogether_->setChecked(true);

  auto* card = new Card;
  card->setAccessibleName(tr("Pictures of the compared runs"));
  card->header()->addWidget(picture_);
  card->header()->addStretch();
  card->header()->addWidget(controls_);
  card->body()->addWidget(pictures_, 1);
  connect(picture_, &SegmentedControl::currentChanged, this, [this](int page) {
    showPage(*controls_, page);
    pictures_->setCurrentIndex(page);
  });
  return card;
}

QWidget* CompareArea::makeTables() {
  table_->addSegment(tr("What differs"), tr("The settings and results in which the runs part"));
  table_->addSegment(tr("Results"), tr("A run a line, to be sorted by any column"));
  table_->setAccessibleName(tr("Table"));
  table_->setCurrent(0);
  tables_->addWidget(differences_);
  tables_->addWidget(results_);
  connect(table_, &SegmentedControl::currentChanged, tables_, &QStackedWidget::setCurrentIndex);

  auto* card = new Card;
  card->setAccessibleName(tr("What differs between the compared runs"));
  card->header()->addWidget(table_);
  card->header()->addStretch();
  card->header()->addWidget(title_);
  card->body()->addWidget(tables_, 1);
  seeds_ = new QWidget;
  auto* seeds = new QHBoxLayout(seeds_);
  seeds->setContentsMargins(0, 0, 0, 0);
  seeds->addWidget(makeLabel(tr("Seeds together"), TextSize::Body, Tone::Muted));
  seeds->addWidget(seedsTogether_);
  seeds->addStretch();
  card->body()->addWidget(seeds_);
  return card;
}

void CompareArea::setRuns(const std::vector<RunRecord>& records) {
  setVisible(!records.empty());
  if (records.empty()) {
    reading_->cancel();
    read_.clear();
    return;
  }
  struct Wanted {
    ComparedRun run;
    Read read;
  };
  std::vector<Wanted> wanted;
  for (const RunRecord& record : records) {
    const auto known = read_.find(record.directory);
    const bool current = known != read_.end() && known->second.step == record.step &&
                         known->second.elapsedSeconds == record.elapsedSeconds;
    wanted.push_back({{record, std::nullopt}, current ? known->second : Read{}});
  }
  reading_->ask(
      [&engine = engine_, wanted] {
        std::vector<Wanted> found = wanted;
        for (auto& [run, read] : found) {
          if (auto config = engine.runConfig(run.record.directory)) run.config = *std::move(config);
          if (read.curves != nullptr) continue;
          // A run whose events cannot be read has its figures all the same.
          auto curves = std::make_shared<RunCurves>();
          if (const auto events = engine.runEvents(run.record.directory)) {
            for (const Event& event : *events) curves->take(event);
          }
          read = {run.record.step, run.record.elapsedSeconds, std::move(curves)};
        }
        return found;
      },
      [this](std::vector<Wanted> found) {
        runs_.clear();
        read_.clear();
        for (auto& [run, read] : found) {
          read_[run.record.directory] = std::move(read);
          runs_.push_back(std::move(run));
        }
        showRuns();
      });
}

void CompareArea::showRuns() {
  const bool seeds = groupRuns(runs_, true).size() < runs_.size();
  seeds_->setVisible(seeds);
  groups_ = groupRuns(runs_, seeds && seedsTogether_->isChecked());
  const auto rows = compareRuns(runs_, groups_);

  QStringList names;
  std::vector<RunLook> looks;
  std::vector<ComparedCurve> curves;
  std::vector<SweepRun> points;
  for (const ComparedGroup& group : groups_) {
    const RunLook look = model_.look(runs_[group.runs.front()].record);
    ComparedCurve& curve = curves.emplace_back(ComparedCurve{group.name, {}, look.color, look.dashed});
    for (const std::size_t run : group.runs) curve.runs.push_back(read_.at(runs_[run].record.directory).curves);
    names << group.name;
    looks.push_back(look);
    points.push_back({group.name, look.color, look.dashed});
  }
  std::vector<SweepAxis> axes;
  for (const ComparisonRow& row : rows) {
    // An axis on which all runs lie at one place says nothing.
    const QSet<QString> values(row.values.begin(), row.values.end());
    if (values.size() - (values.contains(QString()) ? 1 : 0) > 1) {
      axes.push_back({row.label, row.values, row.figures, row.unit, row.isSetting, row.lowestIsBest.has_value()});
    }
  }
  title_->setText(comparisonTitle(runs_));
  differences_->setRuns(names, looks, rows);
  results_->setRuns(names, looks, rows);
  curves_->setCurves(std::move(curves));
  parallel_->setRuns(points, axes);
  scatter_->setRuns(std::move(points), std::move(axes));
}

void CompareArea::pick(int group) {
  Q_EMIT picked(runs_[groups_.at(static_cast<std::size_t>(group)).runs.front()].record.directory);
}

}  // namespace rosa::ui
