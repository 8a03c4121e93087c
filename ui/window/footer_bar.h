// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

namespace rosa::ui {

/// The strip along the window's foot that the pages' footers stand in.
class FooterBar : public QWidget {
  Q_OBJECT

 public:
  explicit FooterBar(QWidget* content, QWidget* parent = nullptr);

 protected:
  void paintEvent(QPaintEvent* event) override;
};

}  // namespace rosa::ui
