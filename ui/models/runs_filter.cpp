// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/runs_filter.h"

#include <algorithm>

#include "models/runs_model.h"

namespace rosa::ui {

RunsFilter::RunsFilter(RunsModel& model, QObject* parent) : QSortFilterProxyModel(parent), model_(model) {
  setSourceModel(&model);
}

void RunsFilter::setWords(const QString& words) {
  words_ = words.toCaseFolded().simplified().split(QLatin1Char(' '), Qt::SkipEmptyParts);
  invalidateFilter();
}

bool RunsFilter::filterAcceptsRow(int row, const QModelIndex& /*parent*/) const {
  if (words_.isEmpty()) return true;
  const QString& text = model_.searchText(row);
  return std::all_of(words_.begin(), words_.end(), [&text](const QString& word) { return text.contains(word); });
}

bool RunsFilter::lessThan(const QModelIndex& left, const QModelIndex& right) const {
  return model_.before(left.row(), right.row(), left.column());
}

}  // namespace rosa::ui
