// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <cstdint>
#include <optional>

#include "plots/resample_marks.h"
#include "settings/theme.h"

namespace rosa::ui {

/// The marks of a run as a table, newest first. Told of new marks it adds rows; nothing is filled in before a view
/// asks.
class ResampleModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { Cycle, Step, Time, Loss, Change, Seen, kColumns };
  static constexpr int CycleRole = Qt::UserRole;
  /// As many of the newest rows may still change: a resample settles within 20 steps.
  static constexpr int kUnsettled = 32;

  explicit ResampleModel(const Theme& theme, QObject* parent = nullptr);

  /// Takes over what has come since. The marks must stay until the next call.
  void setMarks(const ResampleMarks& marks);
  /// Looks at no marks any more.
  void clear();
  void highlight(std::optional<std::int64_t> cycle);
  /// -1: it is not in the table.
  [[nodiscard]] int rowOf(std::int64_t cycle) const;

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  [[nodiscard]] const ResampleMark& mark(int row) const;

  const Theme& theme_;
  const ResampleMarks* marks_ = nullptr;
  int rows_ = 0;
  std::int64_t generation_ = -1;
  std::int64_t removals_ = -1;
  std::optional<std::int64_t> highlighted_;
};

}  // namespace rosa::ui
