// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "plots/bounded_series.h"
#include "plots/resample_marks.h"
#include "rosa/events.h"

/// What the plots of one run show, collected from its events. No Qt widget in here; size bounded however long the run.
namespace rosa::ui {

class RunCurves {
 public:
  /// weights, trained, moments, activations, other: the order of MemoryParts.
  static constexpr std::size_t kMemoryParts = 5;
  static constexpr double kSmoothing = kUsualSmoothing;

  void take(const Event& event);
  /// The weight of the past in the smoothed loss, 0 (none) up to below 1.
  void setSmoothing(double weight);
  [[nodiscard]] double smoothing() const { return smoothing_; }

  [[nodiscard]] const BoundedSeries& loss() const { return loss_; }
  [[nodiscard]] const BoundedSeries& smoothedLoss() const { return smoothed_; }
  [[nodiscard]] const BoundedSeries& validation() const { return validation_; }
  [[nodiscard]] const BoundedSeries& rate() const { return rate_; }
  [[nodiscard]] const BoundedSeries& gradient() const { return gradient_; }
  /// Of the evaluations, by name: accuracy, perplexity, ...
  [[nodiscard]] const std::map<std::string, BoundedSeries>& metrics() const { return metrics_; }
  // How far the run was after each step.
  [[nodiscard]] const BoundedSeries& epochs() const { return epochs_; }
  [[nodiscard]] const BoundedSeries& tokens() const { return tokens_; }
  [[nodiscard]] const BoundedSeries& seconds() const { return seconds_; }
  /// Bytes of this part and all before it, as stacked areas want them.
  [[nodiscard]] const BoundedSeries& memoryUpTo(std::size_t part) const { return memory_.at(part); }
  [[nodiscard]] const std::vector<ResampleMark>& resamples() const { return marks_.marks(); }
  [[nodiscard]] const ResampleMarks& marks() const { return marks_; }
  /// The steps after which a checkpoint was saved.
  [[nodiscard]] const std::vector<double>& saves() const { return saves_; }
  /// The validation loss of the evaluation that was best by the figure that decides.
  [[nodiscard]] const std::optional<CurvePoint>& best() const { return best_; }
  /// The run was done before its last step, because it got no better.
  [[nodiscard]] bool stoppedEarly() const { return stoppedEarly_; }
  [[nodiscard]] std::int64_t estimateBytes() const { return estimateBytes_; }
  [[nodiscard]] double firstStep() const { return firstStep_; }
  [[nodiscard]] double lastStep() const { return lastStep_; }

 private:
  void start(const RunStarted& event);
  void step(const StepCompleted& event);
  void memory(const MemorySampled& event);
  void smooth(const CurvePoint& point);
  /// The mean goes on from the last point that was kept.
  void smoothOn();

  BoundedSeries loss_, smoothed_, validation_, rate_, gradient_, epochs_, tokens_, seconds_;
  std::map<std::string, BoundedSeries> metrics_;
  std::array<BoundedSeries, kMemoryParts> memory_;
  ResampleMarks marks_;
  double smoothing_ = kSmoothing;
  double sum_ = 0, weight_ = 0;  ///< of the smoothed loss: a debiased exponential mean
  std::vector<double> saves_;
  std::optional<CurvePoint> best_;
  bool stoppedEarly_ = false;
  std::int64_t totalSteps_ = 0;
  std::int64_t estimateBytes_ = 0;
  double firstStep_ = 0, lastStep_ = 0;
};

}  // namespace rosa::ui
