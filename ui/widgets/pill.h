// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>

#include "settings/theme.h"

namespace rosa::ui {

/// A word on a rounded patch, with a coloured dot before it if it stands for a state.
class Pill : public QWidget {
  Q_OBJECT

 public:
  explicit Pill(const Theme& theme, QWidget* parent = nullptr);

  void setText(const QString& text);
  [[nodiscard]] const QString& text() const { return text_; }
  void setDot(QColor ThemeColors::*color);
  void setTextColor(QColor ThemeColors::*color);

  [[nodiscard]] QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  const Theme& theme_;
  QString text_;
  QColor ThemeColors::*dot_ = nullptr;
  QColor ThemeColors::*textColor_ = &ThemeColors::text;
};

}  // namespace rosa::ui
