// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rosa/expected.h"
#include "train/event_fan.h"
#include "train/movement_watch.h"
#include "train/progress.h"
#include "train/resampling.h"
#include "train/run_control.h"
#include "train/stepper.h"
#include "train/stop_rule.h"

namespace rosa::train {

struct Session;

/// The loop of a run: batch, forward, backward, check finite, clip, step, report, and when due evaluate, resample,
/// sample text, save. Lives on the run's thread; LibTorch's exceptions leave it and are caught at that thread's top.
class TrainingLoop {
 public:
  TrainingLoop(Session& session, Progress& progress, RunControl& control, EventFan& events,
               std::filesystem::path runDirectory);

  /// Takes what the longest micro-batch takes in memory, before anything is trained: what does not fit is found, and
  /// where it can be mended, before an hour of training, not after it. Takes as long as a step.
  void rehearse();

  /// Runs to the last step or until stopped; RunFinished was sent when the returned Status is good. An error is the
  /// sentence for RunFailed.
  [[nodiscard]] Status run();

 private:
  using Clock = std::chrono::steady_clock;

  /// Whether this process tells, samples and saves: in a group rank 0 alone.
  [[nodiscard]] bool leads() const;
  /// What is asked for now; of a group the same in every process.
  [[nodiscard]] RunControl::Wishes wishes(bool paused);
  /// True when the run is to end before the next step.
  [[nodiscard]] bool obey();
  /// Tells of the command, then does what is not a matter of pausing or ending.
  void carryOut(const Command& command);
  void changeRate(double learningRate);
  void resampleNow();
  void trainStep();
  /// Of the schedule and, after a resample, its new warm-up.
  [[nodiscard]] double learningRateOf(std::int64_t step) const;
  /// Sets `failure_` where a rule says that the run cannot go on.
  void watch(const StepFacts& facts, double learningRate);
  void report(const StepResult& result, double learningRate, double seconds);
  void sampleMemory();
  /// That memory ran out and steps are taken in smaller pieces, if so.
  void tellShrunk(const std::string& shrunk);
  /// Whatever is due after this step: on schedule, or because the loss has stopped falling.
  void resampleWhereDue();
  void resample(const ResampleOrder& order);
  /// Gives what rank 0 has drawn to all others.
  void shareResampled();
  /// At its last step, or stopped early.
  [[nodiscard]] bool complete() const;
  /// True when it is one of the best, whose checkpoints are kept.
  bool evaluate();
  /// Takes the newest evaluation among the best ones if it belongs there.
  bool amongBest(double value);
  void sampleTexts(const char* reason);
  void sampleTexts(const char* reason, const std::vector<std::string>& prompts);
  /// Saves, verifies, prunes. A failed save is told and leaves the older checkpoints as they are; weights that are not
  /// finite are not saved and set `failure_`.
  bool save();
  /// The writing itself, of rank 0 in a group.
  bool write();
  /// Whether it is as long as save-minutes says since the last save was tried.
  [[nodiscard]] bool minutesArePast() const;
  /// An error where the run ended in numbers that are not finite: it is not to be listed as completed.
  [[nodiscard]] Status checkEnd() const;
  [[nodiscard]] bool due(std::int64_t everySteps) const;
  void phase(const char* name);
  [[nodiscard]] RunFinished finished(const char* outcome) const;

  Session& session_;
  Progress& progress_;
  RunControl& control_;
  EventFan& events_;
  std::filesystem::path runDirectory_;
  Stepper stepper_;
  NonFiniteRule nonFinite_;
  NoGradientRule noGradient_;
  std::optional<MovementWatch> movement_;  // of a run that begins
  std::string failure_;                    // set by a stop rule
  double secondsPerStep_ = 0;              // smoothed, for the time left
  data::FlatBatch lastBatch_;              // of the last step, for the loss around a resample
  std::int64_t evaluatedStep_ = -1;
  std::int64_t sampledStep_ = -1;
  bool toldOfPrompts_ = false;  // that a sample's prompt does not fit
  std::int64_t savedStep_ = -1;
  Clock::time_point savedAt_;
  double evaluatedLoss_ = 0;  // of evaluatedStep_
  bool lastApplied_ = true;
  std::string lastCheckpoint_;
  bool discard_ = false;
};

}  // namespace rosa::train
