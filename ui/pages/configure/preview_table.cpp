// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/preview_table.h"

#include <QHeaderView>
#include <algorithm>

#include "pages/configure/preview_model.h"
#include "settings/fonts.h"

namespace rosa::ui {
namespace {

constexpr int kUsualRows = 1;  ///< the table grows with the room there is, but asks for little

}  // namespace

PreviewTable::PreviewTable(PreviewModel* preview, QWidget* parent) : QTableView(parent) {
  setModel(preview);
  setFrameShape(QFrame::NoFrame);
  setShowGrid(false);
  setWordWrap(false);
  setSelectionMode(QAbstractItemView::NoSelection);
  setFocusPolicy(Qt::NoFocus);
  setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
  setProperty("lines", true);
  setAccessibleName(tr("First rows of the data"));
  verticalHeader()->hide();
  verticalHeader()->setMinimumSectionSize(1);
  verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 11);
  QHeaderView* header = horizontalHeader();
  header->setProperty("raised", true);
  header->setFont(textFont(TextSize::Small, QFont::DemiBold));
  header->setSectionResizeMode(QHeaderView::Stretch);
  header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  header->setHighlightSections(false);
  connect(preview, &QAbstractItemModel::modelReset, this, [this] {
    setMaximumHeight(heightOf(model()->rowCount()));
    updateGeometry();
    showWholeRows();
  });
}

int PreviewTable::heightOf(int rows) const {
  return horizontalHeader()->sizeHint().height() + rows * verticalHeader()->defaultSectionSize();
}

QSize PreviewTable::sizeHint() const {
  return {QTableView::sizeHint().width(), heightOf(std::min(kUsualRows, model()->rowCount()))};
}

QSize PreviewTable::minimumSizeHint() const {
  return {0, heightOf(std::min(1, model()->rowCount()))};
}

void PreviewTable::resizeEvent(QResizeEvent* event) {
  QTableView::resizeEvent(event);
  showWholeRows();
}

void PreviewTable::showWholeRows() {
  for (int row = 1; row < model()->rowCount(); ++row) setRowHidden(row, heightOf(row + 1) > height());
}

}  // namespace rosa::ui
