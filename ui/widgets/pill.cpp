// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/pill.h"

#include <QPainter>

#include "settings/fonts.h"

namespace rosa::ui {
namespace {

constexpr int kPadding = 10;
constexpr int kDot = 8;

}  // namespace

Pill::Pill(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
  setFont(textFont(TextSize::Small, QFont::Medium));
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void Pill::setText(const QString& text) {
  text_ = text;
  setAccessibleName(text);
  updateGeometry();
  update();
}

void Pill::setDot(QColor ThemeColors::*color) {
  dot_ = color;
  updateGeometry();
  update();
}

void Pill::setTextColor(QColor ThemeColors::*color) {
  textColor_ = color;
  update();
}

QSize Pill::sizeHint() const {
  const int dot = dot_ != nullptr ? kDot + 6 : 0;
  return {fontMetrics().horizontalAdvance(text_) + 2 * kPadding + dot, fontMetrics().height() + 8};
}

void Pill::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(theme_.colors().raised);
  painter.drawRoundedRect(rect(), height() / 2.0, height() / 2.0);
  QRect textRect = rect().adjusted(kPadding, 0, -kPadding, 0);
  if (dot_ != nullptr) {
    painter.setBrush(theme_.colors().*dot_);
    painter.drawEllipse(QRectF(kPadding, (height() - kDot) / 2.0, kDot, kDot));
    textRect.setLeft(textRect.left() + kDot + 6);
  }
  painter.setPen(theme_.colors().*textColor_);
  painter.drawText(textRect, Qt::AlignVCenter | Qt::AlignLeft, text_);
}

}  // namespace rosa::ui
