// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <QStringList>

#include "rosa/runs.h"

class QLabel;
class QLineEdit;
class QPushButton;

namespace rosa::ui {

class ComboBox;
class Field;
class FieldRow;
class Preferences;

/// Which of the paper's experiments is to be run again, and on what. It is put into the queue as it would be by the
/// command that the dialog shows.
class ExperimentDialog : public QDialog {
  Q_OBJECT

 public:
  explicit ExperimentDialog(const Preferences& preferences, QWidget* parent = nullptr);

  /// What was chosen, once the dialog is accepted.
  [[nodiscard]] ExperimentOrder order() const;

 private:
  void showKind();
  void showCommand();
  [[nodiscard]] bool asksForModel() const;
  [[nodiscard]] bool asksForSeeds() const;
  void addPath(QLineEdit*& edit, Field*& field, const QString& label, const QString& tip, const QString& recent);

  ComboBox* kind_;
  QLabel* about_;
  FieldRow* paths_;
  Field* modelField_ = nullptr;
  Field* dataField_ = nullptr;
  Field* seedsField_ = nullptr;
  QLineEdit* model_ = nullptr;
  QLineEdit* data_ = nullptr;
  QLineEdit* seeds_;
  QLineEdit* more_;
  QLabel* command_;
  QPushButton* start_;
};

}  // namespace rosa::ui
