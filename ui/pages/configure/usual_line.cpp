// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/configure/usual_line.h"

#include <QHBoxLayout>
#include <QHash>
#include <QPushButton>

#include "pages/configure/usual_values.h"
#include "widgets/buttons.h"
#include "widgets/format.h"
#include "widgets/labels.h"

namespace rosa::ui {

UsualLine::UsualLine(UsualValues& usual, QWidget* parent)
    : QWidget(parent), usual_(usual), words_(new ElidedLabel), take_(makeLinkButton(tr("Use these"))) {
  words_->setFont(textFont(TextSize::Small));
  setTone(*words_, Tone::Muted);
  take_->setToolTip(tr("Sets learning rate, batch and length to what is usual."));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(8);
  row->addWidget(words_, 1);
  row->addWidget(take_);
  // As high with the link as without it.
  row->addStrut(take_->sizeHint().height());
  connect(take_, &QPushButton::clicked, &usual_, &UsualValues::take);
  connect(&usual_, &UsualValues::changed, this, &UsualLine::show);
  show();
}

void UsualLine::show() {
  setVisible(!usual_.usual().empty());
  words_->setText(tr("Usual here: %1").arg(text(QStringLiteral(" · "))));
  words_->setToolTip(text(QStringLiteral("\n")));
  take_->setVisible(usual_.differs());
}

QString UsualLine::text(const QString& between) const {
  const QHash<std::string, QString> names = {
      {"lr", tr("rate %1")}, {"batch", tr("batch %1")}, {"max-length", tr("length %1")}};
  QStringList parts;
  QString last;
  // What is from one source stands before it together.
  for (const auto& [key, value, source] : usual_.usual()) {
    const QString part = names.value(key).arg(toQString(value));
    const QString from = tr(" (%1)").arg(tr(source.c_str()));
    if (from == last) {
      parts.back().insert(parts.back().size() - from.size(), tr(", ") + part);
    } else {
      parts << part + from;
    }
    last = from;
  }
  return parts.join(between);
}

}  // namespace rosa::ui
