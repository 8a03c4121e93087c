// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/card.h"

#include <QHBoxLayout>
#include <QPainter>

#include "settings/studio_style.h"
#include "widgets/labels.h"

namespace rosa::ui {

Card::Card(const QString& title, QWidget* parent)
    : QWidget(parent), body_(new QVBoxLayout(this)), header_(new QHBoxLayout) {
  body_->setContentsMargins(16, 12, 16, 12);
  body_->setSpacing(8);
  header_->setSpacing(8);
  if (!title.isEmpty()) {
    header_->addWidget(makeLabel(title, TextSize::Section, Tone::Normal, QFont::DemiBold));
    header_->addStretch();
    setAccessibleName(title);
  }
  body_->addLayout(header_);
}

void Card::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(palette().color(QPalette::Mid));
  painter.setBrush(palette().color(QPalette::Base));
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), StudioStyle::kRadius, StudioStyle::kRadius);
}

}  // namespace rosa::ui
