// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <cstdint>
#include <optional>
#include <tuple>

#include "settings/theme.h"
#include "widgets/card.h"

class QLabel;
class QTableWidget;

namespace rosa::ui {

struct RunState;

/// All resamples of the run, newest first; the one under the mouse is the one highlighted in the plots.
class ResampleList : public Card {
  Q_OBJECT

 public:
  explicit ResampleList(const Theme& theme, QWidget* parent = nullptr);

  void setState(const RunState& state);
  void highlight(std::optional<std::int64_t> cycle);

 Q_SIGNALS:
  /// -1 = none
  void hovered(qint64 cycle);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void fillRow(int row, const RunState& state, std::size_t index);
  void paintRows();

  const Theme& theme_;
  QLabel* every_;
  QTableWidget* table_;
  QLabel* next_;
  /// How many there are, how many of them have settled, the newest cycle: what the rows were filled from.
  std::tuple<std::size_t, std::size_t, std::int64_t> shown_;
  std::optional<std::int64_t> highlighted_;
};

}  // namespace rosa::ui
