// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/history/note_edit.h"

#include <QFocusEvent>
#include <QKeyEvent>
#include <algorithm>

namespace rosa::ui {

NoteEdit::NoteEdit(QWidget* parent) : QPlainTextEdit(parent) {
  setTabChangesFocus(true);
  setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  // The rounded field is drawn with the frame; square corners of the text's ground would stand out of it.
  viewport()->setAutoFillBackground(false);
}

void NoteEdit::setText(const QString& text) {
  setPlainText(text);
  document()->setModified(false);
  before_ = text;
}

void NoteEdit::setLineHeight(int height) {
  lineHeight_ = height;
  fitHeight();
}

void NoteEdit::fitHeight() {
  constexpr int kMoreLines = 3;
  const bool writing = hasFocus();
  // One line in the middle, as in the fields beside it.
  document()->setDocumentMargin(std::max(2, (lineHeight_ - fontMetrics().lineSpacing()) / 2 - frameWidth()));
  setFixedHeight(lineHeight_ + (writing ? kMoreLines * fontMetrics().lineSpacing() : 0));
  setVerticalScrollBarPolicy(writing ? Qt::ScrollBarAsNeeded : Qt::ScrollBarAlwaysOff);
  if (!writing) moveCursor(QTextCursor::Start);
}

void NoteEdit::focusInEvent(QFocusEvent* event) {
  QPlainTextEdit::focusInEvent(event);
  before_ = toPlainText();
  fitHeight();
}

void NoteEdit::focusOutEvent(QFocusEvent* event) {
  QPlainTextEdit::focusOutEvent(event);
  if (event->reason() == Qt::PopupFocusReason || event->reason() == Qt::ActiveWindowFocusReason) return;
  fitHeight();
  Q_EMIT left();
}

void NoteEdit::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape) {
    setText(before_);
    clearFocus();
  } else if (event->key() == Qt::Key_Return && (event->modifiers() & Qt::ControlModifier)) {
    clearFocus();
  } else {
    QPlainTextEdit::keyPressEvent(event);
  }
}

}  // namespace rosa::ui
