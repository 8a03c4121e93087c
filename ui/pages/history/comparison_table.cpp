// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/history/comparison_table.h"

#include <QHeaderView>

#include "settings/fonts.h"

namespace rosa::ui {
namespace {

constexpr int kRunRole = Qt::UserRole;
constexpr int kFigureRole = Qt::UserRole + 1;

/// Sorts numbers as numbers, and what a run has none of behind them.
class ComparisonCell : public QTableWidgetItem {
 public:
  using QTableWidgetItem::QTableWidgetItem;

  bool operator<(const QTableWidgetItem& other) const override {
    const QVariant left = data(kFigureRole);
    const QVariant right = other.data(kFigureRole);
    if (left.isValid() && right.isValid()) return left.toDouble() < right.toDouble();
    if (left.isValid() != right.isValid()) return left.isValid();
    return text().localeAwareCompare(other.text()) < 0;
  }
};

QTableWidgetItem* makeCell(const ComparisonRow& row, int run) {
  const QString& value = row.values[run];
  auto* cell = new ComparisonCell(value.isEmpty() ? QStringLiteral("–") : value);
  cell->setToolTip(value);
  cell->setData(kRunRole, run);
  if (const auto& figure = row.figures.at(static_cast<std::size_t>(run))) cell->setData(kFigureRole, *figure);
  if (row.best == run) cell->setFont(textFont(TextSize::Body, QFont::DemiBold));
  return cell;
}

QTableWidgetItem* makeName(const QString& name, int run) {
  auto* cell = new ComparisonCell(name);
  cell->setFont(textFont(TextSize::Small, QFont::DemiBold));
  cell->setToolTip(name);
  cell->setData(kRunRole, run);
  return cell;
}

}  // namespace

ComparisonTable::ComparisonTable(const Theme& theme, Runs runs, QWidget* parent)
    : QTableWidget(parent), theme_(theme), runs_(runs) {
  setFrameShape(QFrame::NoFrame);
  setShowGrid(false);
  setEditTriggers(QAbstractItemView::NoEditTriggers);
  verticalHeader()->hide();
  verticalHeader()->setMinimumSectionSize(1);
  verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 8);
  horizontalHeader()->setTextElideMode(Qt::ElideRight);
  horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  horizontalHeader()->setHighlightSections(false);
  if (runs == Runs::Across) {
    setAccessibleName(tr("What differs"));
    setSelectionMode(QAbstractItemView::NoSelection);
    setFocusPolicy(Qt::NoFocus);
    horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
  } else {
    setAccessibleName(tr("Results"));
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setTabKeyNavigation(false);
    setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    const auto pick = [this](const QTableWidgetItem* cell) { Q_EMIT picked(cell->data(kRunRole).toInt()); };
    connect(this, &QTableWidget::itemClicked, this, pick);
    connect(this, &QTableWidget::itemActivated, this, pick);
  }
  connect(&theme_, &Theme::changed, this, &ComparisonTable::paintNames);
}

void ComparisonTable::setRuns(const QStringList& names, const std::vector<RunLook>& looks,
                              const std::vector<ComparisonRow>& rows) {
  looks_ = looks;
  setSortingEnabled(false);
  clear();
  if (runs_ == Runs::Across) {
    fillAcross(names, rows);
  } else {
    fillDown(names, rows);
  }
  paintNames();
}

void ComparisonTable::fillAcross(const QStringList& names, const std::vector<ComparisonRow>& rows) {
  setRowCount(static_cast<int>(rows.size()));
  setColumnCount(static_cast<int>(names.size()) + 1);
  setHorizontalHeaderItem(0, new QTableWidgetItem(QString()));
  for (int run = 0; run < names.size(); ++run) setHorizontalHeaderItem(run + 1, makeName(names[run], run));
  for (int line = 0; line < rowCount(); ++line) {
    const ComparisonRow& row = rows[static_cast<std::size_t>(line)];
    setItem(line, 0, new QTableWidgetItem(row.label));
    for (int run = 0; run < row.values.size(); ++run) setItem(line, run + 1, makeCell(row, run));
  }
  // Every name of a setting in full; the runs share what is left.
  horizontalHeader()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
}

void ComparisonTable::fillDown(const QStringList& names, const std::vector<ComparisonRow>& rows) {
  setRowCount(static_cast<int>(names.size()));
  setColumnCount(static_cast<int>(rows.size()) + 1);
  setHorizontalHeaderItem(0, new QTableWidgetItem(tr("Name")));
  for (int run = 0; run < names.size(); ++run) setItem(run, 0, makeName(names[run], run));
  for (int column = 0; column < static_cast<int>(rows.size()); ++column) {
    const ComparisonRow& row = rows[static_cast<std::size_t>(column)];
    setHorizontalHeaderItem(column + 1, new QTableWidgetItem(row.label));
    for (int run = 0; run < row.values.size(); ++run) setItem(run, column + 1, makeCell(row, run));
  }
  setSortingEnabled(true);
  resizeColumnsToContents();
}

void ComparisonTable::paintNames() {
  const auto paint = [this](QTableWidgetItem* name) {
    if (name == nullptr) return;
    const auto run = static_cast<std::size_t>(name->data(kRunRole).toInt());
    if (run < looks_.size()) name->setForeground(theme_.colors().runs[looks_[run].color]);
  };
  if (runs_ == Runs::Down) {
    for (int line = 0; line < rowCount(); ++line) paint(item(line, 0));
    return;
  }
  for (int column = 1; column < columnCount(); ++column) paint(horizontalHeaderItem(column));
  for (int line = 0; line < rowCount(); ++line) item(line, 0)->setForeground(theme_.colors().muted);
}

}  // namespace rosa::ui
