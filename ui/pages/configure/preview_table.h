// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTableView>

namespace rosa::ui {

class PreviewModel;

/// The first rows of the data: as many as fit whole, at least one.
class PreviewTable : public QTableView {
  Q_OBJECT

 public:
  explicit PreviewTable(PreviewModel* model, QWidget* parent = nullptr);

  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  [[nodiscard]] int heightOf(int rows) const;
  void showWholeRows();
};

}  // namespace rosa::ui
