// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/footer_bar.h"

#include <QHBoxLayout>
#include <QPainter>

namespace rosa::ui {

FooterBar::FooterBar(QWidget* content, QWidget* parent) : QWidget(parent) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(24, 1, 24, 0);
  row->addWidget(content);
  setFixedHeight(fontMetrics().height() + 24);
}

void FooterBar::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), palette().color(QPalette::Base));
  painter.fillRect(QRect(0, 0, width(), 1), palette().color(QPalette::Mid));
}

}  // namespace rosa::ui
