// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "rosa/estimate.h"
#include "settings/theme.h"

class QLabel;

namespace rosa::ui {

class IconLabel;

/// One line of the readiness card: icon, subject, sentence.
class CheckRow : public QWidget {
  Q_OBJECT

 public:
  explicit CheckRow(const Theme& theme, QWidget* parent = nullptr);

  void setCheck(const ReadinessCheck& check);

 private:
  IconLabel* icon_;
  QLabel* subject_;
  QLabel* text_;
};

}  // namespace rosa::ui
