// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <QWidget>
#include <string>
#include <utility>

class QLabel;
class QLineEdit;

namespace rosa::ui {

class ConfigDraft;
class Field;
class FieldRow;

/// Every setting that has no place of its own on the page, made from the engine's list of settings, so that a new one
/// appears by itself. Those that mean nothing for the chosen task and method are hidden, those that a search does not
/// match too; those that differ from the engine's default are marked.
class AdvancedForm : public QWidget {
  Q_OBJECT

 public:
  explicit AdvancedForm(ConfigDraft& draft, QWidget* parent = nullptr);

  /// How many of the shown settings differ from the engine's default.
  [[nodiscard]] int changedCount() const;
  /// The file that is validated on, so that no share is held out; empty if there is none.
  void setValidationFile(const QString& name);

 private:
  struct Entry {
    std::string key;
    QString searched;
    Field* field;
    FieldRow* row;
  };
  /// Whether the run reads the setting and it has no place elsewhere on the page.
  [[nodiscard]] bool applies(const Entry& entry) const;
  [[nodiscard]] bool differs(const Entry& entry) const;
  /// The setting as it is spelt in files and commands.
  [[nodiscard]] QString explanation(const Entry& entry) const;
  void showFields();

  ConfigDraft& draft_;
  QLineEdit* search_;
  QLabel* nothing_;
  QList<Entry> entries_;
  QList<std::pair<QLabel*, FieldRow*>> groups_;
};

}  // namespace rosa::ui
