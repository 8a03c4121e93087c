// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/buttons.h"

#include "settings/fonts.h"

namespace rosa::ui {

QPushButton* makeButton(const QString& text) {
  auto* button = new QPushButton(text);
  button->setFont(textFont(TextSize::Body, QFont::Medium));
  button->setAutoDefault(false);
  return button;
}

QPushButton* makePrimaryButton(const QString& text) {
  QPushButton* button = makeButton(text);
  button->setFont(textFont(TextSize::Body, QFont::DemiBold));
  button->setProperty("primary", true);
  return button;
}

QPushButton* makeLinkButton(const QString& text) {
  QPushButton* button = makeButton(text);
  button->setProperty("link", true);
  button->setCursor(Qt::PointingHandCursor);
  return button;
}

}  // namespace rosa::ui
