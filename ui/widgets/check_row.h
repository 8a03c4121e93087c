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
  /// A row about a setting leads to its field: by a click, or by Return while it has the focus.
  void setLeadsSomewhere(bool leads);

 Q_SIGNALS:
  void activated();

 protected:
  void mouseReleaseEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  IconLabel* icon_;
  QLabel* subject_;
  QLabel* text_;
  bool leads_ = false;
};

}  // namespace rosa::ui
