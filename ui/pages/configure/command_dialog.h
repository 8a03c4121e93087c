// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

namespace rosa::ui {

/// Shows the terminal command that does the same as the page, ready to copy.
class CommandDialog : public QDialog {
  Q_OBJECT

 public:
  explicit CommandDialog(const QString& command, QWidget* parent = nullptr);
};

}  // namespace rosa::ui
