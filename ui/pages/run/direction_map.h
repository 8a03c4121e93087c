// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "plots/run_curves.h"
#include "settings/theme.h"
#include "widgets/card.h"

class QLabel;

namespace rosa::ui {

/// Which singular directions of each layer have been trained: one row a layer, largest singular value on the left,
/// the present slice strong, earlier ones faint.
class DirectionMap : public Card {
  Q_OBJECT

 public:
  explicit DirectionMap(const Theme& theme, QWidget* parent = nullptr);

  /// The curves must stay until the next call or `clear`.
  void setCurves(const RunCurves& curves);
  void clear();
  /// Shows the slices of this cycle as the strong ones.
  void highlight(std::optional<std::int64_t> cycle);

 private:
  class Map;

  const Theme& theme_;
  QLabel* share_;
  Map* map_;
};

}  // namespace rosa::ui
