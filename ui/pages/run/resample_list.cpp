// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/run/resample_list.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QTableWidget>
#include <algorithm>
#include <cmath>
#include <tuple>

#include "pages/run/run_state.h"
#include "plots/resample_facts.h"
#include "widgets/format.h"
#include "widgets/labels.h"

namespace rosa::ui {
namespace {

enum Column { kCycle, kStep, kTime, kLoss, kChange, kSeen, kColumns };

}  // namespace

ResampleList::ResampleList(const Theme& theme, QWidget* parent)
    : Card(tr("Resamples"), parent),
      theme_(theme),
      every_(makeLabel({}, TextSize::Small, Tone::Muted)),
      table_(new QTableWidget(0, kColumns)),
      next_(makeLabel({}, TextSize::Small, Tone::Muted)) {
  header()->addWidget(every_, 0, Qt::AlignBaseline);
  table_->setHorizontalHeaderLabels({tr("#"), tr("step"), tr("ms"), tr("loss"), tr("after 20"), tr("seen")});
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
  columns->setSectionResizeMode(QHeaderView::ResizeToContents);
  columns->setSectionResizeMode(kStep, QHeaderView::Stretch);
  table_->viewport()->installEventFilter(this);
  table_->setWhatsThis(tr("Loss is that of the last batch just before and just after the resample."));
  body()->addWidget(table_, 1);
  body()->addWidget(next_);
  connect(table_, &QTableWidget::cellEntered, this,
          [this](int row, int) { Q_EMIT hovered(table_->item(row, kCycle)->data(Qt::UserRole).toLongLong()); });
  connect(&theme_, &Theme::changed, this, &ResampleList::paintRows);
}

void ResampleList::setState(const RunState& state) {
  const auto& resamples = state.curves.resamples();
  const auto settled = static_cast<std::size_t>(std::count_if(
      resamples.begin(), resamples.end(), [](const ResampleMark& mark) { return mark.change.has_value(); }));
  const std::int64_t newest = resamples.empty() ? -1 : resamples.back().event.cycle;
  const std::tuple shown(resamples.size(), settled, newest);
  if (shown != shown_) {
    shown_ = shown;
    const std::size_t count = resamples.size();
    table_->setRowCount(static_cast<int>(count));
    for (std::size_t i = 0; i < count; ++i) fillRow(static_cast<int>(i), state, count - 1 - i);
    paintRows();
  }
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

void ResampleList::fillRow(int row, const RunState& state, std::size_t index) {
  const ResampleMark& mark = state.curves.resamples()[index];
  const ResampleCompleted& event = mark.event;
  const bool measured = std::isfinite(event.lossBefore) && std::isfinite(event.lossAfter);
  const QStringList texts = {QString::number(event.cycle),
                             formatCount(event.step),
                             formatCount(std::llround(event.milliseconds)),
                             measured           ? QString::number(event.lossAfter, 'f', 3)
                             : event.cycle == 0 ? tr("start")
                                                : QString(),
                             mark.change ? formatChange(*mark.change) : QString(),
                             formatShare(event.coverage)};
  QStringList tip = {resampleTitle(mark)};
  for (const auto& [name, value] : resampleFacts(mark)) tip << name + QStringLiteral(": ") + value;
  for (int column = 0; column < kColumns; ++column) {
    auto* item = new QTableWidgetItem(texts[column]);
    item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    item->setData(Qt::UserRole, static_cast<qlonglong>(event.cycle));
    item->setToolTip(tip.join(QLatin1Char('\n')));
    table_->setItem(row, column, item);
  }
}

void ResampleList::highlight(std::optional<std::int64_t> cycle) {
  if (highlighted_ == cycle) return;
  highlighted_ = cycle;
  paintRows();
}

void ResampleList::paintRows() {
  for (int row = 0; row < table_->rowCount(); ++row) {
    const bool on = table_->item(row, kCycle)->data(Qt::UserRole).toLongLong() == highlighted_.value_or(-1);
    for (int column = 0; column < kColumns; ++column) {
      QTableWidgetItem* item = table_->item(row, column);
      item->setBackground(on ? QBrush(theme_.colors().raised) : QBrush());
      item->setForeground(on && column == kCycle ? theme_.colors().resample : theme_.colors().text);
    }
    if (on) table_->scrollToItem(table_->item(row, kCycle));
  }
}

bool ResampleList::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Leave) Q_EMIT hovered(-1);
  return Card::eventFilter(watched, event);
}

}  // namespace rosa::ui
