// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/column_layout.h"

#include <QWidget>
#include <algorithm>

namespace rosa::ui {

ColumnLayout::ColumnLayout(int columns, int gap) : columns_(columns), gap_(gap) {
  setContentsMargins(0, 0, 0, 0);
}

ColumnLayout::~ColumnLayout() {
  for (const Cell& cell : cells_) delete cell.item;
}

void ColumnLayout::add(QWidget* widget, int span) {
  addChildWidget(widget);
  cells_.append({new QWidgetItem(widget), span});
  invalidate();
}

void ColumnLayout::addItem(QLayoutItem* item) {
  cells_.append({item, 1});
}

int ColumnLayout::count() const {
  return static_cast<int>(cells_.size());
}

QLayoutItem* ColumnLayout::itemAt(int index) const {
  return index >= 0 && index < count() ? cells_[index].item : nullptr;
}

QLayoutItem* ColumnLayout::takeAt(int index) {
  return index >= 0 && index < count() ? cells_.takeAt(index).item : nullptr;
}

void ColumnLayout::setGeometry(const QRect& rect) {
  QLayout::setGeometry(rect);
  int columns = 0;
  for (const Cell& cell : cells_) columns += cell.item->isEmpty() ? 0 : cell.span;
  columns = std::max(columns, columns_);
  const auto left = [&](int column) {
    return rect.left() + qRound(static_cast<double>(column) * (rect.width() + gap_) / columns);
  };
  int column = 0;
  for (const Cell& cell : cells_) {
    if (cell.item->isEmpty()) continue;
    const int from = left(column);
    column += cell.span;
    cell.item->setGeometry(QRect(from, rect.top(), left(column) - gap_ - from, rect.height()));
  }
}

QSize ColumnLayout::sizeHint() const {
  return minimumSize();
}

QSize ColumnLayout::minimumSize() const {
  // Widths follow the room there is; the tallest widget gives the height.
  int height = 0;
  for (const Cell& cell : cells_) {
    if (!cell.item->isEmpty()) height = std::max(height, cell.item->sizeHint().height());
  }
  return {0, height};
}

}  // namespace rosa::ui
