// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/check_row.h"

#include <QHBoxLayout>

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
  subject_->setText(toQString(check.subject));
  text_->setText(toQString(check.text));
}

}  // namespace rosa::ui
