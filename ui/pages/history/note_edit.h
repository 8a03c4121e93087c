// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPlainTextEdit>

namespace rosa::ui {

/// A note: one line while it is read, some more while it is written. Tab leaves it, and so does Ctrl+Return; Escape
/// takes back what was written since it was entered.
class NoteEdit : public QPlainTextEdit {
  Q_OBJECT

 public:
  explicit NoteEdit(QWidget* parent = nullptr);

  void setText(const QString& text);
  /// Of the field while it is one line.
  void setLineHeight(int height);

 Q_SIGNALS:
  void left();

 protected:
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void fitHeight();

  int lineHeight_ = 0;
  QString before_;
};

}  // namespace rosa::ui
