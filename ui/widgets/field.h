// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QSet>
#include <QString>
#include <QWidget>

class QLabel;

namespace rosa::ui {

class ColumnLayout;
class ElidedLabel;

/// An editor with its label above and one line of help below. A refused value is framed in the bad colour; its sentence
/// is shown by the FieldRow the field stands in, where there is room for it.
class Field : public QWidget {
  Q_OBJECT

 public:
  Field(const QString& label, QWidget* editor, QWidget* parent = nullptr);

  [[nodiscard]] QWidget* editor() const { return editor_; }
  [[nodiscard]] QString label() const;

  void setHelp(const QString& help);
  /// An empty sentence means that all is well.
  void setProblem(const QString& sentence);
  [[nodiscard]] const QString& problem() const { return problem_; }

 Q_SIGNALS:
  void problemChanged();

 private:
  ElidedLabel* label_;
  QWidget* editor_;
  ElidedLabel* help_;
  QString problem_;
};

/// Fields side by side on a grid of equal columns, so that rows of one card line up; below them the sentences of those
/// whose value was refused.
class FieldRow : public QWidget {
  Q_OBJECT

 public:
  static constexpr int kColumns = 24;

  explicit FieldRow(QWidget* parent = nullptr);

  /// `span`: how many of the columns the field takes. A row of more than kColumns gets narrower ones.
  void add(Field* field, int span);
  /// Something that is not a field (a button, a line of facts), level with the editors.
  void addBeside(QWidget* widget, int span);
  /// The fields after a hidden one move up.
  void setFieldVisible(Field* field, bool visible);

 private:
  void showProblems();

  ColumnLayout* row_;
  QLabel* problems_;
  QList<Field*> fields_;
  QSet<Field*> hidden_;
};

}  // namespace rosa::ui
