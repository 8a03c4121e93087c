// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/run_curves.h"

#include <algorithm>
#include <cmath>

namespace rosa::ui {

void RunCurves::take(const Event& event) {
  if (const auto* started = std::get_if<RunStarted>(&event)) {
    start(*started);
  } else if (const auto* done = std::get_if<StepCompleted>(&event)) {
    step(*done);
  } else if (const auto* sampled = std::get_if<MemorySampled>(&event)) {
    memory(*sampled);
  } else if (const auto* evaluation = std::get_if<EvaluationCompleted>(&event)) {
    const auto at = static_cast<double>(evaluation->step);
    validation_.add(at, evaluation->loss);
    for (const auto& [name, value] : evaluation->metrics) metrics_[name].add(at, value);
    lastStep_ = std::max(lastStep_, at);
    if (evaluation->best && std::isfinite(evaluation->loss)) best_ = CurvePoint{at, evaluation->loss};
  } else if (const auto* saved = std::get_if<CheckpointSaved>(&event)) {
    const auto at = static_cast<double>(saved->step);
    if (saves_.empty() || saves_.back() < at) saves_.push_back(at);
  } else if (const auto* finished = std::get_if<RunFinished>(&event)) {
    stoppedEarly_ = finished->outcome == "completed" && finished->step < totalSteps_;
  } else if (const auto* resample = std::get_if<ResampleCompleted>(&event)) {
    marks_.add(*resample);
  } else if (const auto* settled = std::get_if<ResampleSettled>(&event)) {
    marks_.settle(*settled);
  }
}

void RunCurves::start(const RunStarted& event) {
  estimateBytes_ = event.estimate.totalBytes();
  const auto first = static_cast<double>(event.firstStep);
  // Steps after the checkpoint that a resumed run continues from are trained anew.
  for (BoundedSeries* series : {&loss_, &smoothed_, &validation_, &rate_, &gradient_, &epochs_, &tokens_, &seconds_}) {
    series->truncateAfter(first);
  }
  for (auto& [name, series] : metrics_) series.truncateAfter(first);
  for (BoundedSeries& part : memory_) part.truncateAfter(first);
  smoothOn();
  totalSteps_ = event.totalSteps;
  stoppedEarly_ = false;
  std::erase_if(saves_, [first](double step) { return step > first; });
  if (best_ && best_->step > first) best_.reset();
  marks_.setInterval(event.resampleEverySteps);
  marks_.truncateAfter(event.firstStep);
  lastStep_ = std::min(lastStep_, first);
  if (loss_.points().empty()) firstStep_ = first;
}

void RunCurves::step(const StepCompleted& event) {
  const auto at = static_cast<double>(event.step);
  lastStep_ = std::max(lastStep_, at);
  loss_.add(at, event.loss);
  if (std::isfinite(event.smoothedLoss) && smoothing_ == kSmoothing) {
    // Steps before it were left out, so many that nothing is left of the start.
    sum_ = event.smoothedLoss;
    weight_ = 1;
    smoothed_.add(at, sum_);
  } else if (!loss_.points().empty() && loss_.points().back().step == at) {
    // A gap in the loss stays out of the mean too.
    smooth({at, event.loss});
  }
  rate_.add(at, event.learningRate);
  gradient_.add(at, event.gradientNorm);
  epochs_.add(at, event.epoch);
  const double before = tokens_.points().empty() ? 0 : tokens_.points().back().value;
  tokens_.add(at, before + static_cast<double>(event.tokens));
  seconds_.add(at, event.elapsedSeconds);
}

void RunCurves::memory(const MemorySampled& event) {
  const MemoryParts& parts = event.parts;
  std::int64_t sum = 0;
  std::size_t index = 0;
  for (const std::int64_t bytes :
       {parts.weightsBytes, parts.trainableBytes, parts.momentsBytes, parts.activationsBytes, parts.otherBytes}) {
    sum += bytes;
    memory_.at(index++).add(static_cast<double>(event.step), static_cast<double>(sum));
  }
}

void RunCurves::smooth(const CurvePoint& point) {
  sum_ = smoothing_ * sum_ + (1 - smoothing_) * point.value;
  weight_ = smoothing_ * weight_ + (1 - smoothing_);
  smoothed_.add(point.step, sum_ / weight_);
}

void RunCurves::smoothOn() {
  const auto& points = smoothed_.points();
  // With as many points as a full series has, nothing is left of the start whose weight this makes up for.
  weight_ = 1 - std::pow(smoothing_, static_cast<double>(points.size()));
  sum_ = points.empty() ? 0 : points.back().value * weight_;
}

void RunCurves::setSmoothing(double weight) {
  const double wanted = std::clamp(weight, 0.0, 0.999);
  // Computed anew from a series that was thinned out it would be another curve.
  if (wanted == smoothing_) return;
  smoothing_ = wanted;
  sum_ = 0;
  weight_ = 0;
  smoothed_.truncateAfter(-1);
  for (const CurvePoint& point : loss_.points()) smooth(point);
}

}  // namespace rosa::ui
