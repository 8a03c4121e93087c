// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/runs_filter.h"

#include "models/runs_model.h"

namespace rosa::ui {

RunsFilter::RunsFilter(RunsModel& model, QObject* parent) : QSortFilterProxyModel(parent), model_(model) {
  setSourceModel(&model);
}

void RunsFilter::setWords(const QString& words) {
  search_ = RunSearch(words.toStdString());
  invalidateFilter();
}

bool RunsFilter::filterAcceptsRow(int row, const QModelIndex& /*parent*/) const {
  return search_.empty() || search_.matches(model_.searchTextOf(row));
}

bool RunsFilter::lessThan(const QModelIndex& left, const QModelIndex& right) const {
  return model_.before(left.row(), right.row(), left.column());
}

}  // namespace rosa::ui
