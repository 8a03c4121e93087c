// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/scroll.h"

#include <QScrollArea>

namespace rosa::ui {

QScrollArea* makeScroll(QWidget* content) {
  auto* scroll = new QScrollArea;
  scroll->setWidget(content);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setFocusPolicy(Qt::NoFocus);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  return scroll;
}

}  // namespace rosa::ui
