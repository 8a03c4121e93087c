// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>

#include "settings/theme.h"

namespace rosa::ui {

/// A line icon in one of the theme's colours.
class IconLabel : public QWidget {
  Q_OBJECT

 public:
  explicit IconLabel(const Theme& theme, QWidget* parent = nullptr);

  void setIcon(const QString& name, QColor ThemeColors::*color);
  [[nodiscard]] QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  const Theme& theme_;
  QString name_;
  QColor ThemeColors::*color_ = &ThemeColors::muted;
};

}  // namespace rosa::ui
