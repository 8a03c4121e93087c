// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <vector>

#include "rosa/chat.h"
#include "settings/theme.h"

namespace rosa::ui {

/// How likely each class is, the likeliest first; or the number that a text was given.
class ClassBars : public QWidget {
  Q_OBJECT

 public:
  explicit ClassBars(const Theme& theme, QWidget* parent = nullptr);

  void showClasses(const Classification& judged);
  void clear();

  [[nodiscard]] QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  [[nodiscard]] int rowHeight() const;

  const Theme& theme_;
  std::vector<Classification::Class> classes_;  ///< the likeliest first
  QString value_;                               ///< in place of classes
};

}  // namespace rosa::ui
