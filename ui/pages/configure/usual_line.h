// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QPushButton;

namespace rosa::ui {

class ElidedLabel;
class UsualValues;

/// What learning rate, batch and length usually are, where the numbers are from, and a way to take them.
class UsualLine : public QWidget {
  Q_OBJECT

 public:
  /// `usual` must outlive it.
  explicit UsualLine(UsualValues& usual, QWidget* parent = nullptr);

 private:
  void show();
  [[nodiscard]] QString text(const QString& between) const;

  UsualValues& usual_;
  ElidedLabel* words_;
  QPushButton* take_;
};

}  // namespace rosa::ui
