// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/labels.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

namespace rosa::ui {

QLabel* makeLabel(const QString& text, TextSize size, Tone tone, QFont::Weight weight) {
  auto* label = new QLabel(text);
  label->setTextFormat(Qt::PlainText);
  label->setFont(textFont(size, weight));
  setTone(*label, tone);
  return label;
}

void setTone(QLabel& label, Tone tone) {
  switch (tone) {
    case Tone::Normal:
      label.setForegroundRole(QPalette::WindowText);
      break;
    case Tone::Muted:
      label.setForegroundRole(QPalette::PlaceholderText);
      break;
    case Tone::Warn:
      label.setForegroundRole(QPalette::LinkVisited);
      break;
    case Tone::Bad:
      label.setForegroundRole(QPalette::BrightText);
      break;
  }
}

ElidedLabel::ElidedLabel(Qt::TextElideMode mode, QWidget* parent) : QLabel(parent), mode_(mode) {
  setTextFormat(Qt::PlainText);
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

QSize ElidedLabel::minimumSizeHint() const {
  return {fontMetrics().horizontalAdvance(QStringLiteral("…")), fontMetrics().height()};
}

void ElidedLabel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setPen(palette().color(foregroundRole()));
  painter.drawText(contentsRect(), static_cast<int>(alignment()) | Qt::TextSingleLine,
                   fontMetrics().elidedText(text(), mode_, contentsRect().width()));
}

bool ElidedLabel::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip && toolTip().isEmpty()) {
    const bool cut = fontMetrics().horizontalAdvance(text()) > contentsRect().width();
    QToolTip::showText(static_cast<QHelpEvent*>(event)->globalPos(), cut ? text() : QString(), this);
    return true;
  }
  return QLabel::event(event);
}

NumberLabel::NumberLabel(Qt::Alignment alignment, QWidget* parent) : QLabel(parent) {
  setAlignment(alignment);
  setTextFormat(Qt::PlainText);
}

QSize NumberLabel::sizeHint() const {
  return {numberWidth(fontMetrics(), text()), fontMetrics().height()};
}

QSize NumberLabel::minimumSizeHint() const {
  return sizeHint();
}

void NumberLabel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setPen(palette().color(foregroundRole()));
  drawNumber(painter, contentsRect(), alignment(), text());
}

}  // namespace rosa::ui
