// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QWidget>
#include <string>

namespace rosa::ui {

class ConfigDraft;
class Field;
class FieldRow;

/// Every setting that has no place of its own on the page, made from the engine's list of settings, so that a new one
/// appears by itself. Those that mean nothing for the chosen task and method are hidden.
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
    Field* field;
    FieldRow* row;
  };
  void showApplicable();

  ConfigDraft& draft_;
  QList<Entry> entries_;
};

}  // namespace rosa::ui
