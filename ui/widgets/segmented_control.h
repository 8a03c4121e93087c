// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QButtonGroup;
class QHBoxLayout;

namespace rosa::ui {

/// A few choices side by side of which one is on. One tab stop; the arrow keys move the choice.
class SegmentedControl : public QWidget {
  Q_OBJECT

 public:
  explicit SegmentedControl(QWidget* parent = nullptr);

  void addSegment(const QString& text, const QString& toolTip = {});
  [[nodiscard]] int current() const;
  /// Says nothing when the segment is on already.
  void setCurrent(int index);

 Q_SIGNALS:
  void currentChanged(int index);

 private:
  QHBoxLayout* row_;
  QButtonGroup* group_;
};

}  // namespace rosa::ui
