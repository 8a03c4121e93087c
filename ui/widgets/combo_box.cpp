// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/combo_box.h"

#include <QAbstractItemView>
#include <QWheelEvent>
#include <algorithm>

namespace rosa::ui {

ComboBox::ComboBox(QWidget* parent) : QComboBox(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  setMinimumContentsLength(4);
}

bool ComboBox::selectData(const QVariant& value) {
  const int index = findData(value);
  if (index < 0) return false;
  setCurrentIndex(index);
  return true;
}

void ComboBox::showPopup() {
  constexpr int kMargins = 24;
  view()->setMinimumWidth(std::max(width(), view()->sizeHintForColumn(0) + kMargins));
  QComboBox::showPopup();
}

void ComboBox::wheelEvent(QWheelEvent* event) {
  if (hasFocus()) {
    QComboBox::wheelEvent(event);
  } else {
    event->ignore();
  }
}

}  // namespace rosa::ui
