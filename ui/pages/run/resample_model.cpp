// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/run/resample_model.h"

#include <QBrush>
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "plots/resample_facts.h"
#include "widgets/format.h"

namespace rosa::ui {
namespace {

struct Heading {
  const char* title;
  const char* tip;
};
constexpr std::array<Heading, ResampleModel::kColumns> kHeadings = {{
    {"#",
     QT_TRANSLATE_NOOP("ResampleModel",
                       "Number of the resample, of a round that of its last one; 0 is the first draw of directions")},
    {QT_TRANSLATE_NOOP("ResampleModel", "step"), QT_TRANSLATE_NOOP("ResampleModel", "It followed this step")},
    {QT_TRANSLATE_NOOP("ResampleModel", "ms"), QT_TRANSLATE_NOOP("ResampleModel", "How long it took, in milliseconds")},
    {QT_TRANSLATE_NOOP("ResampleModel", "loss"),
     QT_TRANSLATE_NOOP("ResampleModel", "Loss of the last batch just after it; just before it is the same")},
    {QT_TRANSLATE_NOOP("ResampleModel", "after 20"),
     QT_TRANSLATE_NOOP("ResampleModel", "How the smoothed loss moved over the 20 steps after it")},
    {QT_TRANSLATE_NOOP("ResampleModel", "seen"),
     QT_TRANSLATE_NOOP("ResampleModel", "Share of all directions that have been trained so far")},
}};

QString cellText(const ResampleMark& mark, int column) {
  const ResampleCompleted& event = mark.event;
  switch (column) {
    case ResampleModel::Cycle:
      return QString::number(mark.lastCycle());
    case ResampleModel::Step:
      return formatCount(event.step);
    case ResampleModel::Time:
      return formatCount(std::llround(event.milliseconds));
    case ResampleModel::Loss:
      if (std::isfinite(event.lossBefore) && std::isfinite(event.lossAfter)) {
        return QString::number(event.lossAfter, 'f', 3);
      }
      return event.cycle == 0 ? QObject::tr("start") : QString();
    case ResampleModel::Change:
      return mark.change ? formatChange(*mark.change) : QString();
    default:
      return formatShare(event.coverage);
  }
}

QString tipOf(const ResampleMark& mark) {
  QStringList lines = {resampleTitle(mark)};
  for (const auto& [name, value] : resampleFacts(mark)) lines << name + QStringLiteral(": ") + value;
  return lines.join(QLatin1Char('\n'));
}

}  // namespace

ResampleModel::ResampleModel(const Theme& theme, QObject* parent) : QAbstractTableModel(parent), theme_(theme) {
  connect(&theme_, &Theme::changed, this, [this] {
    if (rows_ > 0) Q_EMIT dataChanged(index(0, 0), index(rows_ - 1, kColumns - 1));
  });
}

void ResampleModel::setMarks(const ResampleMarks& marks) {
  const int count = static_cast<int>(marks.marks().size());
  if (&marks != marks_ || marks.removals() != removals_ || count < rows_) {
    beginResetModel();
    marks_ = &marks;
    rows_ = count;
    endResetModel();
  } else if (marks.generation() != generation_) {
    if (count > rows_) {
      beginInsertRows({}, 0, count - rows_ - 1);
      rows_ = count;
      endInsertRows();
    }
    if (rows_ > 0) Q_EMIT dataChanged(index(0, 0), index(std::min(rows_, kUnsettled) - 1, kColumns - 1));
  }
  generation_ = marks.generation();
  removals_ = marks.removals();
}

void ResampleModel::clear() {
  beginResetModel();
  marks_ = nullptr;
  rows_ = 0;
  generation_ = removals_ = -1;
  endResetModel();
}

void ResampleModel::highlight(std::optional<std::int64_t> cycle) {
  const auto old = std::exchange(highlighted_, cycle);
  for (const auto& changed : {old, cycle}) {
    const int row = changed ? rowOf(*changed) : -1;
    if (row >= 0) Q_EMIT dataChanged(index(row, 0), index(row, kColumns - 1));
  }
}

int ResampleModel::rowOf(std::int64_t cycle) const {
  for (int row = 0; row < rows_ && marks_->marks().size() >= static_cast<std::size_t>(rows_); ++row) {
    if (mark(row).event.cycle == cycle) return row;
  }
  return -1;
}

const ResampleMark& ResampleModel::mark(int row) const {
  // The marks may have got more since, the rows count from those that were told of.
  return marks_->marks()[static_cast<std::size_t>(rows_ - 1 - row)];
}

int ResampleModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : rows_;
}

int ResampleModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumns;
}

QVariant ResampleModel::data(const QModelIndex& index, int role) const {
  // Marks may have gone that the rows were not told of yet.
  if (!index.isValid() || marks_->marks().size() < static_cast<std::size_t>(rows_)) return {};
  const ResampleMark& shown = mark(index.row());
  const bool on = shown.event.cycle == highlighted_;
  switch (role) {
    case Qt::DisplayRole:
      return cellText(shown, index.column());
    case Qt::ToolTipRole:
      return tipOf(shown);
    case Qt::TextAlignmentRole:
      return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    case Qt::BackgroundRole:
      return on ? QBrush(theme_.colors().raised) : QVariant();
    case Qt::ForegroundRole:
      return QBrush(on && index.column() == Cycle ? theme_.colors().resample : theme_.colors().text);
    case CycleRole:
      return static_cast<qlonglong>(shown.event.cycle);
    default:
      return {};
  }
}

QVariant ResampleModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= kColumns) return {};
  const Heading& heading = kHeadings.at(static_cast<std::size_t>(section));
  if (role == Qt::DisplayRole) return tr(heading.title);
  if (role == Qt::ToolTipRole) return tr(heading.tip);
  if (role == Qt::TextAlignmentRole) return QVariant(Qt::AlignRight | Qt::AlignVCenter);
  return {};
}

}  // namespace rosa::ui
