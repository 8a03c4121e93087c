// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QWidget>

#include "settings/theme.h"

namespace rosa::ui {

/// How many of some rows are how long, in a few small bars from the shortest to the longest; that of the row in sight
/// stands out.
class LengthHistogram : public QWidget {
  Q_OBJECT

 public:
  explicit LengthHistogram(const Theme& theme, QWidget* parent = nullptr);

  /// In tokens, one for each row.
  void setLengths(const QList<qsizetype>& lengths);
  void setCurrent(std::size_t row);
  /// Whether there is more than one length to show.
  [[nodiscard]] bool varies() const { return longest_ > shortest_; }
  /// Rows in each bar.
  [[nodiscard]] const QList<int>& bars() const { return bars_; }

  [[nodiscard]] QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  [[nodiscard]] qsizetype barOf(qsizetype length) const;

  const Theme& theme_;
  QList<qsizetype> lengths_;
  qsizetype shortest_ = 0, longest_ = 0;
  QList<int> bars_;
  qsizetype current_ = -1;
};

}  // namespace rosa::ui
