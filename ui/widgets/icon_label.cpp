// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/icon_label.h"

#include <QPainter>

#include "settings/icons.h"

namespace rosa::ui {
namespace {

constexpr int kIconSize = 18;

}  // namespace

IconLabel::IconLabel(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void IconLabel::setIcon(const QString& name, QColor ThemeColors::*color) {
  name_ = name;
  color_ = color;
  update();
}

QSize IconLabel::sizeHint() const {
  return {kIconSize, kIconSize};
}

void IconLabel::paintEvent(QPaintEvent*) {
  if (name_.isEmpty()) return;
  QPainter painter(this);
  painter.drawPixmap(0, 0, iconPixmap(name_, theme_.colors().*color_, kIconSize, devicePixelRatioF()));
}

}  // namespace rosa::ui
