// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <QWidget>

class QHBoxLayout;
class QLabel;

namespace rosa::ui {

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
  QLabel* label_;
  QWidget* editor_;
  ElidedLabel* help_;
  QString problem_;
};

/// Fields side by side, and below them the sentences of those whose value was refused.
class FieldRow : public QWidget {
  Q_OBJECT

 public:
  explicit FieldRow(QWidget* parent = nullptr);

  /// Shares of the row's width follow `stretch`.
  void add(Field* field, int stretch = 1);
  /// Something that is not a field (a button), level with the editors.
  void addBeside(QWidget* widget);
  void addStretch(int stretch);

 private:
  void showProblems();

  QHBoxLayout* row_;
  QLabel* problems_;
  QList<Field*> fields_;
};

}  // namespace rosa::ui
