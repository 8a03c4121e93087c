// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/check_row.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include "widgets/format.h"
#include "widgets/icon_label.h"
#include "widgets/labels.h"

namespace rosa::ui {

CheckRow::CheckRow(const Theme& theme, QWidget* parent)
    : QWidget(parent),
      icon_(new IconLabel(theme)),
      subject_(makeLabel({}, TextSize::Body, Tone::Normal, QFont::Medium)),
      text_(makeLabel({}, TextSize::Small, Tone::Muted)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(8);
  row->addWidget(icon_, 0, Qt::AlignTop);
  auto* column = new QVBoxLayout;
  column->setSpacing(2);
  column->addWidget(subject_);
  column->addWidget(text_);
  row->addLayout(column, 1);
  text_->setWordWrap(true);
}

void CheckRow::setCheck(const ReadinessCheck& check) {
  switch (check.state) {
    case ReadinessCheck::State::Good:
      icon_->setIcon(QStringLiteral("good"), &ThemeColors::good);
      break;
    case ReadinessCheck::State::Warning:
      icon_->setIcon(QStringLiteral("warning"), &ThemeColors::warn);
      break;
    case ReadinessCheck::State::Missing:
      icon_->setIcon(QStringLiteral("missing"), &ThemeColors::bad);
      break;
  }
  subject_->setText(tr(check.subject.c_str()));
  text_->setText(toQString(check.text));
}

void CheckRow::setLeadsSomewhere(bool leads) {
  leads_ = leads;
  setFocusPolicy(leads ? Qt::StrongFocus : Qt::NoFocus);
  setCursor(leads ? Qt::PointingHandCursor : Qt::ArrowCursor);
  subject_->setForegroundRole(leads ? QPalette::Link : QPalette::WindowText);
  setToolTip(leads ? tr("Go to this setting") : QString());
  setAccessibleName(subject_->text());
  setAccessibleDescription(text_->text());
}

void CheckRow::mouseReleaseEvent(QMouseEvent* event) {
  if (leads_ && event->button() == Qt::LeftButton && rect().contains(event->position().toPoint())) Q_EMIT activated();
}

void CheckRow::keyPressEvent(QKeyEvent* event) {
  const bool go = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter || event->key() == Qt::Key_Space;
  if (leads_ && go && event->modifiers() == Qt::NoModifier) {
    Q_EMIT activated();
  } else {
    QWidget::keyPressEvent(event);
  }
}

void CheckRow::paintEvent(QPaintEvent*) {
  if (!hasFocus()) return;
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(palette().color(QPalette::Highlight), 1.5));
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.75, 0.75, -0.75, -0.75), 4, 4);
}

}  // namespace rosa::ui
