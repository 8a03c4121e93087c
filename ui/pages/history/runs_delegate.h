// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>
#include <string>
#include <vector>

#include "settings/theme.h"

namespace rosa::ui {

class RunsModel;
struct RunLook;

/// Draws the cells of the run table: check mark in the run's colour, aligned numbers, sparkline, state.
class RunsDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  static constexpr int kPadding = 8;  ///< of a cell, left and right

  RunsDelegate(const RunsModel& model, const Theme& theme, QObject* parent);

  /// The row under the mouse, -1 = none: a row is lifted as a whole, not the cell alone.
  void setHoveredRow(int row) { hoveredRow_ = row; }

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  /// The name is edited where it stands, beside the check mark.
  void updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option,
                            const QModelIndex& index) const override;
  /// A click on the check mark, or the space key anywhere in the row, marks the run for the comparison.
  bool editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                   const QModelIndex& index) override;

 private:
  void paintName(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index) const;
  /// Small labels behind the name, as many as there is room for.
  void paintTags(QPainter& painter, const QRect& rect, const std::vector<std::string>& tags) const;
  void paintSparkline(QPainter& painter, const QRect& rect, const QModelIndex& index) const;
  void paintState(QPainter& painter, const QRect& rect, const QModelIndex& index) const;
  static void paintNumber(QPainter& painter, const QRect& rect, const QModelIndex& index, const ThemeColors& colors);

  const RunsModel& model_;
  const Theme& theme_;
  int hoveredRow_ = -1;
};

}  // namespace rosa::ui
