// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QString>

#include "bridge/run_controller.h"
#include "rosa/catalogue.h"
#include "settings/theme.h"

namespace rosa::ui {

struct RunState;

/// A run's state in a word and a colour.
struct RunStatus {
  QString word;
  QColor ThemeColors::*color = nullptr;
  QString detail;           ///< what it is busy with, where that is more than the word
  bool unfinished = false;  ///< has steps left to do
};

/// Of the run that trains.
[[nodiscard]] RunStatus runStatus(RunController::State controller, const RunState& state);
/// Of a run that has ended; `live`: it ended in this window, so `record` is not its.
[[nodiscard]] RunStatus storedStatus(const RunState& state, const RunRecord& record, bool live);
/// The run's name, wherever it is known from.
[[nodiscard]] QString runTitle(const RunState& state, const RunRecord& record);

}  // namespace rosa::ui
