// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLayout>
#include <QList>
#include <memory>

namespace rosa::ui {

/// One row of widgets on columns of equal width, each over as many of them as it is given. Rows of the same number of
/// columns line up whatever they hold (a QGridLayout takes its columns from its widgets). Hidden widgets take no room.
class ColumnLayout : public QLayout {
  Q_OBJECT

 public:
  ColumnLayout(int columns, int gap);
  ~ColumnLayout() override;

  /// Where the shown widgets take more columns than there are, the columns become narrower.
  void add(QWidget* widget, int span);

  void addItem(QLayoutItem* item) override;
  [[nodiscard]] int count() const override;
  [[nodiscard]] QLayoutItem* itemAt(int index) const override;
  QLayoutItem* takeAt(int index) override;
  void setGeometry(const QRect& rect) override;
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSize() const override;

 private:
  struct Cell {
    QLayoutItem* item;
    int span;
  };

  int columns_;
  int gap_;
  QList<Cell> cells_;
};

}  // namespace rosa::ui
