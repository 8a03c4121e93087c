// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "settings/theme.h"

class QButtonGroup;
class QVBoxLayout;

namespace rosa::ui {

/// The places of the window as icons with their names, on its left edge. One is on at a time.
class NavigationRail : public QWidget {
  Q_OBJECT

 public:
  explicit NavigationRail(const Theme& theme, QWidget* parent = nullptr);

  /// Places come from the top down; those after `addStretch` stand at the foot.
  void addPlace(const QString& icon, const QString& name, const QString& toolTip);
  void addStretch();
  [[nodiscard]] int current() const;
  void setCurrent(int index);

 Q_SIGNALS:
  void currentChanged(int index);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  const Theme& theme_;
  QVBoxLayout* column_;
  QButtonGroup* group_;
};

}  // namespace rosa::ui
