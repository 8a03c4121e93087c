// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/history/comparison_table.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QTableWidget>

#include "widgets/format.h"
#include "widgets/labels.h"

namespace rosa::ui {

ComparisonTable::ComparisonTable(const Theme& theme, QWidget* parent)
    : Card(tr("What differs"), parent),
      theme_(theme),
      title_(makeLabel({}, TextSize::Small, Tone::Muted)),
      table_(new QTableWidget) {
  header()->addWidget(title_);
  table_->setFrameShape(QFrame::NoFrame);
  table_->setShowGrid(false);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setSelectionMode(QAbstractItemView::NoSelection);
  table_->setFocusPolicy(Qt::NoFocus);
  table_->setAccessibleName(tr("What differs"));
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setMinimumSectionSize(1);
  table_->verticalHeader()->setDefaultSectionSize(table_->fontMetrics().height() + 8);
  table_->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
  table_->horizontalHeader()->setTextElideMode(Qt::ElideRight);
  table_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  body()->addWidget(table_, 1);
  connect(&theme_, &Theme::changed, this, &ComparisonTable::paintHeaders);
}

void ComparisonTable::setRuns(const std::vector<ComparedRun>& runs, const std::vector<RunLook>& looks) {
  looks_ = looks;
  title_->setText(comparisonTitle(runs));
  const auto rows = compareRuns(runs);
  table_->clear();
  table_->setRowCount(static_cast<int>(rows.size()));
  table_->setColumnCount(static_cast<int>(runs.size()) + 1);
  table_->setHorizontalHeaderItem(0, new QTableWidgetItem(QString()));
  for (std::size_t run = 0; run < runs.size(); ++run) {
    auto* name = new QTableWidgetItem(toQString(runs[run].record.name));
    name->setFont(textFont(TextSize::Small, QFont::DemiBold));
    name->setToolTip(name->text());
    table_->setHorizontalHeaderItem(static_cast<int>(run) + 1, name);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ComparisonRow& row = rows[i];
    const int line = static_cast<int>(i);
    auto* label = new QTableWidgetItem(row.label);
    table_->setItem(line, 0, label);
    for (int run = 0; run < row.values.size(); ++run) {
      auto* value = new QTableWidgetItem(row.values[run].isEmpty() ? QStringLiteral("–") : row.values[run]);
      value->setToolTip(row.values[run]);
      if (row.best == run) value->setFont(textFont(TextSize::Body, QFont::DemiBold));
      table_->setItem(line, run + 1, value);
    }
  }
  // Every name of a setting in full; the runs share what is left.
  table_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
  paintHeaders();
}

void ComparisonTable::paintHeaders() {
  for (int run = 0; run < static_cast<int>(looks_.size()); ++run) {
    if (QTableWidgetItem* name = table_->horizontalHeaderItem(run + 1)) {
      name->setForeground(theme_.colors().runs[looks_[static_cast<std::size_t>(run)].color]);
    }
  }
  for (int row = 0; row < table_->rowCount(); ++row) table_->item(row, 0)->setForeground(theme_.colors().muted);
}

}  // namespace rosa::ui
