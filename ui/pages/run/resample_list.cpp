// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/run/resample_list.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QTableView>
#include <algorithm>
#include <array>
#include <cstddef>

#include "pages/run/resample_model.h"
#include "pages/run/run_state.h"
#include "widgets/format.h"
#include "widgets/labels.h"

namespace rosa::ui {
ResampleList::ResampleList(const Theme& theme, QWidget* parent)
    : Card(tr("Resamples"), parent),
      every_(makeLabel({}, TextSize::Small, Tone::Muted)),
      model_(new ResampleModel(theme, this)),
      table_(new QTableView),
      next_(makeLabel({}, TextSize::Small, Tone::Muted)) {
  header()->addWidget(every_, 0, Qt::AlignBaseline);
  table_->setModel(model_);
  table_->setAccessibleName(tr("Resamples"));
  table_->setFrameShape(QFrame::NoFrame);
  table_->setShowGrid(false);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setSelectionMode(QAbstractItemView::NoSelection);
  table_->setFocusPolicy(Qt::NoFocus);
  table_->setFont(textFont(TextSize::Small));
  table_->setMouseTracking(true);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setMinimumSectionSize(1);
  table_->verticalHeader()->setDefaultSectionSize(QFontMetrics(textFont(TextSize::Small)).height() + 8);
  table_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  QHeaderView* columns = table_->horizontalHeader();
  columns->setFont(textFont(TextSize::Small));
  columns->setHighlightSections(false);
  columns->setSectionsClickable(false);
  columns->setMinimumSectionSize(10);
  columns->setDefaultAlignment(Qt::AlignRight | Qt::AlignVCenter);
  columns->setSectionResizeMode(QHeaderView::Fixed);
  table_->viewport()->installEventFilter(this);
  body()->addWidget(table_, 1);
  body()->addWidget(next_);
  connect(table_, &QTableView::entered, this,
          [this](const QModelIndex& index) { Q_EMIT hovered(index.data(ResampleModel::CycleRole).toLongLong()); });
}

void ResampleList::setState(const RunState& state) {
  const auto& resamples = state.curves.resamples();
  model_->setMarks(state.curves.marks());
  fitColumns();
  const std::int64_t every = state.started ? state.started->resampleEverySteps : 0;
  if (state.started) {
    every_->setText(every > 0 ? tr("every %1").arg(plural(every, tr("step"), tr("steps"))) : tr("only at the start"));
  } else {
    every_->clear();
  }
  const std::int64_t next = resamples.empty() ? 0 : resamples.back().event.nextStep;
  if (next > 0 && state.step && next > state.step->step && !state.ended()) {
    const double seconds = static_cast<double>(next - state.step->step) * state.step->stepSeconds;
    next_->setText(tr("Next at step %1, in about %2").arg(formatCount(next), formatDuration(seconds)));
  } else {
    next_->setText(resamples.empty() ? tr("The first directions are drawn when training starts.") : QString());
  }
  next_->setVisible(!next_->text().isEmpty());
}

void ResampleList::fitColumns() {
  QHeaderView* columns = table_->horizontalHeader();
  const QAbstractItemView* view = table_;
  std::array<int, ResampleModel::kColumns> widths{};
  int wanted = 0;
  for (int column = 0; column < ResampleModel::kColumns; ++column) {
    int& width = widths.at(static_cast<std::size_t>(column));
    width = std::max(columns->sectionSizeHint(column), view->sizeHintForColumn(column));
    wanted += width;
  }
  // What is left over goes between all of them, so that no two stand far apart.
  const int spare = std::max(0, table_->viewport()->width() - wanted);
  for (int column = 0; column < ResampleModel::kColumns; ++column) {
    const int share = spare * (column + 1) / ResampleModel::kColumns - spare * column / ResampleModel::kColumns;
    columns->resizeSection(column, widths.at(static_cast<std::size_t>(column)) + share);
  }
}

void ResampleList::clear() {
  model_->clear();
}

void ResampleList::highlight(std::optional<std::int64_t> cycle) {
  if (highlighted_ == cycle) return;
  highlighted_ = cycle;
  model_->highlight(cycle);
  const int row = cycle ? model_->rowOf(*cycle) : -1;
  if (row >= 0) table_->scrollTo(model_->index(row, 0));
}

bool ResampleList::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Leave) Q_EMIT hovered(-1);
  if (event->type() == QEvent::Resize) fitColumns();
  return Card::eventFilter(watched, event);
}

}  // namespace rosa::ui
