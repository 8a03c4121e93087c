// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "rosa/services.h"
#include "settings/theme.h"

namespace rosa::ui {

/// Which class is taken for which: a row for each true class, a column for each predicted one, the darker the larger
/// its share of the row.
class ConfusionMatrix : public QWidget {
  Q_OBJECT

 public:
  explicit ConfusionMatrix(const Theme& theme, QWidget* parent = nullptr);

  void setReview(const ClassReview& review);

  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }

 protected:
  void paintEvent(QPaintEvent* event) override;
  bool event(QEvent* event) override;

 private:
  struct Place {
    int truth = 0, predicted = 0;
  };
  [[nodiscard]] int classes() const { return static_cast<int>(review_.classes.size()); }
  [[nodiscard]] QString nameOf(int index) const;
  [[nodiscard]] std::int64_t countOf(Place place) const;
  /// Of all examples of the true class.
  [[nodiscard]] double shareOf(Place place) const;
  [[nodiscard]] int cellSize() const;
  [[nodiscard]] int nameWidth() const;
  [[nodiscard]] QRect cellAt(Place place) const;
  [[nodiscard]] QString inWords(Place place) const;

  const Theme& theme_;
  ClassReview review_;
};

}  // namespace rosa::ui
