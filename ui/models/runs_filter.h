// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSortFilterProxyModel>

#include "rosa/run_search.h"

namespace rosa::ui {

class RunsModel;

/// The runs in which each of some words stands, sorted by a column.
class RunsFilter : public QSortFilterProxyModel {
  Q_OBJECT

 public:
  explicit RunsFilter(RunsModel& model, QObject* parent = nullptr);

  /// White space between them; upper case counts as lower case.
  void setWords(const QString& words);

 protected:
  [[nodiscard]] bool filterAcceptsRow(int row, const QModelIndex& parent) const override;
  [[nodiscard]] bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

 private:
  RunsModel& model_;
  RunSearch search_;
};

}  // namespace rosa::ui
