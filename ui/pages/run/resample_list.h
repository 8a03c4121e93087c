// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <cstdint>
#include <optional>

#include "settings/theme.h"
#include "widgets/card.h"

class QLabel;
class QTableView;

namespace rosa::ui {

class ResampleModel;
struct RunState;

/// All resamples of the run, newest first; the one under the mouse is the one highlighted in the plots.
class ResampleList : public Card {
  Q_OBJECT

 public:
  explicit ResampleList(const Theme& theme, QWidget* parent = nullptr);

  /// The state must stay until the next call or `clear`.
  void setState(const RunState& state);
  void clear();
  void highlight(std::optional<std::int64_t> cycle);

 Q_SIGNALS:
  /// -1 = none
  void hovered(qint64 cycle);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void fitColumns();

  QLabel* every_;
  ResampleModel* model_;
  QTableView* table_;
  QLabel* next_;
  std::optional<std::int64_t> highlighted_;
};

}  // namespace rosa::ui
