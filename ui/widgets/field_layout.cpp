// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/field_layout.h"

#include <QLabel>
#include <QWidget>
#include <algorithm>

#include "widgets/field.h"

namespace rosa::ui {
namespace {

constexpr int kLineGap = 8;
/// A row is never asked about less than this before it has a place.
constexpr int kUsualWidth = 640;
constexpr int kLeastWidth = 200;

int widthOf(const QLabel& note) {
  return note.fontMetrics().horizontalAdvance(note.text()) + 2;
}

}  // namespace

FieldLayout::FieldLayout(int columns, int gap, Overflow overflow) : columns_(columns), gap_(gap), overflow_(overflow) {
  setContentsMargins(0, 0, 0, 0);
}

FieldLayout::~FieldLayout() {
  for (const Cell& cell : cells_) delete cell.item;
}

void FieldLayout::add(QWidget* widget, int span, Field* field) {
  addChildWidget(widget);
  cells_.append({new QWidgetItem(widget), span, field, nullptr});
  invalidate();
}

void FieldLayout::setNote(const Field* field, QLabel* note) {
  for (Cell& cell : cells_) {
    if (cell.field == field) cell.note = note;
  }
  invalidate();
}

void FieldLayout::addItem(QLayoutItem* item) {
  cells_.append({item, 1, nullptr, nullptr});
}

int FieldLayout::count() const {
  return static_cast<int>(cells_.size());
}

QLayoutItem* FieldLayout::itemAt(int index) const {
  return index >= 0 && index < count() ? cells_[index].item : nullptr;
}

QLayoutItem* FieldLayout::takeAt(int index) {
  return index >= 0 && index < count() ? cells_.takeAt(index).item : nullptr;
}

QList<FieldLayout::Line> FieldLayout::lines() const {
  QList<Line> lines;
  int used = 0;
  for (const Cell& cell : cells_) {
    if (cell.item->isEmpty()) continue;
    const bool full = overflow_ == Overflow::NextLine && used + cell.span > columns_;
    if (lines.isEmpty() || full) {
      lines.append(Line());
      used = 0;
    }
    lines.back().append(&cell);
    used += cell.span;
  }
  return lines;
}

int FieldLayout::arrange(const QRect& rect, bool place) const {
  int top = rect.top();
  for (const Line& line : lines()) {
    if (top > rect.top()) top += kLineGap;
    top += arrangeLine(line, QRect(rect.left(), top, rect.width(), rect.height()), place);
  }
  return top - rect.top();
}

int FieldLayout::arrangeLine(const Line& line, const QRect& rect, bool place) const {
  int columns = 0;
  for (const Cell* cell : line) columns += cell->span;
  columns = std::max(columns, columns_);
  const auto left = [&](int column) {
    return rect.left() + qRound(static_cast<double>(column) * (rect.width() + gap_) / columns);
  };
  QList<QRect> places;
  int height = 0;
  int column = 0;
  for (const Cell* cell : line) {
    const int from = left(column);
    column += cell->span;
    places.append(QRect(from, rect.top(), left(column) - gap_ - from, 0));
    height = std::max(height, cell->item->sizeHint().height());
  }
  const int cellHeight = height;

  // From the right, so that a note at the end may begin further left than its field.
  QList<QRect> notes;
  int end = rect.left() + rect.width();
  for (qsizetype i = line.size() - 1; i >= 0; --i) {
    const Cell& cell = *line[i];
    if (cell.note == nullptr || cell.note->isHidden()) continue;
    qsizetype before = i - 1;
    while (before >= 0 && (line[before]->note == nullptr || line[before]->note->isHidden())) --before;
    const int earliest = before >= 0 ? places[before].right() + 1 + gap_ : rect.left();
    const int wanted = widthOf(*cell.note);
    const int from = std::min(places[i].left(), std::max(earliest, end - wanted));
    const int width = std::min(wanted, end - from);
    const int top = rect.top() + cell.field->noteTop();
    const QRect note(from, top, width, cell.note->heightForWidth(width));
    height = std::max(height, note.bottom() + 1 - rect.top());
    end = from - gap_;
    notes.append(note);
    if (place) cell.note->setGeometry(note);
  }
  if (!place) return height;
  for (qsizetype i = 0; i < line.size(); ++i) {
    const QRect& cell = places[i];
    line[i]->item->setGeometry(QRect(cell.left(), cell.top(), cell.width(), cellHeight));
    if (line[i]->field == nullptr) continue;
    const bool covered = std::any_of(notes.cbegin(), notes.cend(), [&](const QRect& note) {
      return note.left() <= cell.right() && cell.left() <= note.right();
    });
    line[i]->field->setHelpCovered(covered);
  }
  return height;
}

void FieldLayout::setGeometry(const QRect& rect) {
  QLayout::setGeometry(rect);
  arrange(rect, true);
}

int FieldLayout::heightForWidth(int width) const {
  // Layouts ask for no width at all before they have one; a sentence would be as high as it has words, and the page
  // would keep that height.
  return arrange(QRect(0, 0, width < kLeastWidth ? kUsualWidth : width, 0), false);
}

QSize FieldLayout::sizeHint() const {
  return {0, heightForWidth(std::max(kUsualWidth, geometry().width()))};
}

QSize FieldLayout::minimumSize() const {
  // Widths follow the room there is.
  return sizeHint();
}

}  // namespace rosa::ui
