// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/preview_model.h"

#include "widgets/format.h"

namespace rosa::ui {

void PreviewModel::setSummary(const DataSummary& summary) {
  beginResetModel();
  summary_ = summary;
  endResetModel();
}

int PreviewModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(summary_.preview.size());
}

int PreviewModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(summary_.columns.size());
}

QVariant PreviewModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || (role != Qt::DisplayRole && role != Qt::ToolTipRole)) return {};
  const auto& row = summary_.preview[static_cast<std::size_t>(index.row())];
  // A ragged row ends early.
  const auto column = static_cast<std::size_t>(index.column());
  if (column >= row.size()) return {};
  const QString text = toQString(row[column]);
  return role == Qt::DisplayRole ? text.simplified() : text;
}

QVariant PreviewModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
  return toQString(summary_.columns[static_cast<std::size_t>(section)]);
}

}  // namespace rosa::ui
