// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <deque>
#include <optional>
#include <string>

#include "plots/run_curves.h"
#include "rosa/events.h"

namespace rosa::ui {

/// What the Run page knows of a run, live or read from its folder: the newest of each kind of event and bounded lists.
struct RunState {
  static constexpr std::size_t kMostSamples = 200;
  static constexpr std::size_t kMostLines = 2000;

  void take(const Event& event);

  [[nodiscard]] bool ended() const { return failed || finished || crashed || cutOff || lost; }
  /// A checkpoint was written, so it can be exported and continued.
  [[nodiscard]] bool saved() const;
  [[nodiscard]] bool generatesText() const;
  /// 0..1 of all steps.
  [[nodiscard]] double progress() const;

  RunCurves curves;
  std::optional<RunStarted> started;
  std::string phase;
  std::optional<StepCompleted> step;
  std::optional<MemorySampled> memory;
  std::optional<EvaluationCompleted> evaluation;
  std::optional<CheckpointSaved> checkpoint;
  std::optional<RunFailed> failed;
  std::optional<RunFinished> finished;
  std::optional<WorkerEnded> crashed;  ///< its process ended without a word of its own
  bool lost = false;                   ///< on another machine, and followed no longer
  bool cutOff = false;                 ///< ended without a word: nothing of it is going on
  std::deque<TextSampled> samples;     ///< newest first
  std::deque<QString> log;             ///< oldest first
  std::int64_t logged = 0;             ///< lines ever added to `log`
  std::int64_t sampled = 0;            ///< counts up whenever `samples` changes

 private:
  /// A resumed run trains the steps after its checkpoint anew: what was told of them has not happened.
  void goBackTo(std::int64_t step);
};

/// The event as a line of the log; empty for those that come with every step.
[[nodiscard]] QString logText(const Event& event);

}  // namespace rosa::ui
