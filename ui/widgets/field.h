// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QList>
#include <QSet>
#include <QString>
#include <QStringList>
#include <QWidget>

#include "widgets/field_layout.h"

class QLabel;

namespace rosa::ui {

class ElidedLabel;

/// An editor with its label above and one line of help below. A refused value is framed in the bad colour; its sentence
/// is shown by the FieldRow the field stands in, where there is room for it.
class Field : public QWidget {
  Q_OBJECT

 public:
  /// `explanation`: what it is for, in a sentence for those who point at it.
  Field(const QString& label, const QString& explanation, QWidget* editor, QWidget* parent = nullptr);

  [[nodiscard]] QWidget* editor() const { return editor_; }
  [[nodiscard]] QString label() const;
  void setLabel(const QString& label);

  /// The settings that the field edits.
  void setKeys(const QStringList& keys) { keys_ = keys; }
  [[nodiscard]] const QStringList& keys() const { return keys_; }

  void setExplanation(const QString& sentence);
  void setHelp(const QString& help);
  /// Marks the label: the value is not the one that holds where nothing is set.
  void setChanged(bool changed);
  /// An empty sentence means that all is well.
  void setProblem(const QString& sentence);
  [[nodiscard]] const QString& problem() const { return problem_; }

  /// Where a note below the editor begins.
  [[nodiscard]] int noteTop() const;
  /// A note stands where the help does. The help keeps its room.
  void setHelpCovered(bool covered);

 Q_SIGNALS:
  void problemChanged();

 private:
  void showToolTip();

  QString name_;
  ElidedLabel* label_;
  QWidget* editor_;
  ElidedLabel* help_;
  QStringList keys_;
  QString explanation_;
  QString problem_;
  bool covered_ = false;
};

/// Fields side by side on a grid of equal columns, so that rows of one card line up; below each whose value was refused
/// the sentence that says why.
class FieldRow : public QWidget {
  Q_OBJECT

 public:
  static constexpr int kColumns = 24;

  explicit FieldRow(FieldLayout::Overflow overflow = FieldLayout::Overflow::NarrowerColumns, QWidget* parent = nullptr);

  /// `span`: how many of the columns the field takes.
  void add(Field* field, int span);
  /// Something that is not a field (a button, a line of facts), level with the editors.
  void addBeside(QWidget* widget, int span);
  /// The fields after a hidden one move up.
  void setFieldVisible(Field* field, bool visible);

 private:
  void showProblems();

  FieldLayout* row_;
  QList<Field*> fields_;
  QHash<const Field*, QLabel*> notes_;
  QSet<Field*> hidden_;
};

}  // namespace rosa::ui
