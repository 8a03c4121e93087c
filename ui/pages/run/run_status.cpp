// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/run/run_status.h"

#include <QObject>

#include "pages/run/run_state.h"
#include "widgets/format.h"

namespace rosa::ui {

RunStatus runStatus(RunController::State controller, const RunState& state) {
  using State = RunController::State;
  switch (controller) {
    case State::Pausing:
      return {QObject::tr("pausing"), &ThemeColors::warn, QObject::tr("at the end of this step"), true};
    case State::Paused:
      return {QObject::tr("paused"), &ThemeColors::warn, {}, true};
    case State::Stopping:
      return {QObject::tr("stopping"), &ThemeColors::warn, state.phase == "saving" ? QObject::tr("saving") : QString(),
              true};
    default:
      break;
  }
  if (!state.step) {
    return {QObject::tr("starting"), &ThemeColors::accent, toQString(state.phase), true};
  }
  const bool training = state.phase.empty() || state.phase == "training" || state.phase == "paused";
  return {QObject::tr("training"), &ThemeColors::good, training ? QString() : toQString(state.phase), true};
}

RunStatus storedStatus(const RunState& state, const RunRecord& record, bool live) {
  if (state.failed) return {QObject::tr("failed"), &ThemeColors::bad, {}, true};
  if (state.finished && state.finished->outcome == "completed") {
    return {QObject::tr("done"), &ThemeColors::good,
            QObject::tr("after %1").arg(formatDuration(state.finished->elapsedSeconds)), false};
  }
  if (state.finished) return {QObject::tr("stopped"), &ThemeColors::muted, {}, true};
  if (state.lost) return {QObject::tr("followed no longer"), &ThemeColors::muted, {}, false};
  if (!live && record.status == "running") return {QObject::tr("training"), &ThemeColors::accent, {}, false};
  return {QObject::tr("interrupted"), &ThemeColors::warn, {}, true};
}

QString runTitle(const RunState& state, const RunRecord& record) {
  if (state.started) return toQString(state.started->name);
  return record.name.empty() ? QObject::tr("New run") : toQString(record.name);
}

}  // namespace rosa::ui
