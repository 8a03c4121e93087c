// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLayout>
#include <QList>

class QLabel;

namespace rosa::ui {

class Field;

/// Widgets on columns of equal width, each over as many of them as it is given, so that one row lines up with the next
/// whatever they hold (a QGridLayout takes its columns from its widgets). Hidden widgets take no room: those after them
/// move up.
///
/// A field's note begins where its help does and takes what room there is beside it; helps that it covers are hidden,
/// so that a note of one line moves nothing.
class FieldLayout : public QLayout {
  Q_OBJECT

 public:
  /// What happens to a row whose widgets take more columns than there are.
  enum class Overflow { NarrowerColumns, NextLine };

  FieldLayout(int columns, int gap, Overflow overflow);
  ~FieldLayout() override;

  /// `field` is null for a widget that is none.
  void add(QWidget* widget, int span, Field* field);
  void setNote(const Field* field, QLabel* note);

  void addItem(QLayoutItem* item) override;
  [[nodiscard]] int count() const override;
  [[nodiscard]] QLayoutItem* itemAt(int index) const override;
  QLayoutItem* takeAt(int index) override;
  void setGeometry(const QRect& rect) override;
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSize() const override;
  [[nodiscard]] bool hasHeightForWidth() const override { return true; }
  [[nodiscard]] int heightForWidth(int width) const override;

 private:
  struct Cell {
    QLayoutItem* item;
    int span;
    Field* field;
    QLabel* note;
  };
  using Line = QList<const Cell*>;

  [[nodiscard]] QList<Line> lines() const;
  /// The height of all lines; with `place` the widgets are put where they belong too.
  int arrange(const QRect& rect, bool place) const;
  int arrangeLine(const Line& line, const QRect& rect, bool place) const;

  int columns_;
  int gap_;
  Overflow overflow_;
  QList<Cell> cells_;
};

}  // namespace rosa::ui
