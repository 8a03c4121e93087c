// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QComboBox>

namespace rosa::ui {

/// A combo box that the wheel changes only while it has the focus, so that scrolling a page never alters a setting.
class ComboBox : public QComboBox {
  Q_OBJECT

 public:
  explicit ComboBox(QWidget* parent = nullptr);

  /// Selects the entry whose data is `value`; no signal if it is selected already. False if there is none.
  bool selectData(const QVariant& value);

  /// The list is as wide as its widest entry, however narrow the box is.
  void showPopup() override;

 protected:
  void wheelEvent(QWheelEvent* event) override;
};

}  // namespace rosa::ui
