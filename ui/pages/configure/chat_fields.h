// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

#include "widgets/field.h"

class QPushButton;

namespace rosa::ui {

class ConfigDraft;

/// What the rows of the data hold, which template writes conversations, and which tokens count: shown as far as a run
/// of the draft reads them, for the task that reads conversations.
class ChatFields : public FieldRow {
  Q_OBJECT

 public:
  /// `folder`: where the choice of a template's file begins, asked each time.
  ChatFields(ConfigDraft& draft, std::function<QString()> folder, QWidget* parent = nullptr);

  /// Files without columns hold no conversations: nothing is asked of them but what is wrong.
  void setHasColumns(bool columns);

 private:
  void chooseFile();
  void showFields();

  ConfigDraft& draft_;
  std::function<QString()> folder_;
  bool hasColumns_ = false;
  Field* shape_;
  Field* template_;
  QPushButton* file_;
  Field* lossOn_;
};

}  // namespace rosa::ui
