// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/resample_marks.h"

#include <cmath>
#include <functional>

namespace rosa::ui {
namespace {

ResampleMark::Draw drawOf(const ResampleCompleted& event) {
  return {event.step, event.cycle, event.milliseconds, event.coverage, event.nextStep, event.layers.size()};
}

/// Takes back the newest draw of a round.
void popDraw(ResampleMark& mark) {
  mark.event.layers.resize(mark.event.layers.size() - mark.draws.back().layers);
  mark.event.milliseconds -= mark.draws.back().milliseconds;
  mark.draws.pop_back();
  mark.event.coverage = mark.draws.back().coverage;
  mark.event.nextStep = mark.draws.back().nextStep;
}

/// Takes back draws from the newest on while `drop` says so of their step and cycle.
bool dropNewest(std::vector<ResampleMark>& marks,
                const std::function<bool(std::int64_t step, std::int64_t cycle)>& drop) {
  bool dropped = false;
  while (!marks.empty() && drop(marks.back().lastStep(), marks.back().lastCycle())) {
    dropped = true;
    if (marks.back().isRound()) {
      popDraw(marks.back());
    } else {
      marks.pop_back();
    }
  }
  return dropped;
}

}  // namespace

bool ResampleMarks::joins(const ResampleCompleted& event) const {
  if (marks_.empty() || every_ <= 0 || event.cycle <= 0) return false;
  const ResampleMark& last = marks_.back();
  // The losses around it are measured of a resample of all layers alone.
  return last.event.cycle > 0 && !std::isfinite(event.lossBefore) && !std::isfinite(last.event.lossBefore) &&
         last.event.step / every_ == event.step / every_;
}

void ResampleMarks::add(const ResampleCompleted& event) {
  ++generation_;
  // Drawn at the very step that a resumed run continues from, it is told twice.
  if (dropNewest(marks_, [&](std::int64_t, std::int64_t cycle) { return cycle >= event.cycle; })) ++removals_;
  for (const LayerSlice& slice : event.layers) directions_.add(event.step, slice);
  if (!joins(event)) {
    if (marks_.size() >= kMostMarks) thinOut();
    marks_.push_back({event, std::nullopt, {}});
    return;
  }
  ResampleMark& round = marks_.back();
  if (round.draws.empty()) round.draws.push_back(drawOf(round.event));
  round.draws.push_back(drawOf(event));
  // The steps after one draw are those of the next: what a single one changed cannot be told.
  round.change.reset();
  round.event.layers.insert(round.event.layers.end(), event.layers.begin(), event.layers.end());
  round.event.milliseconds += event.milliseconds;
  round.event.coverage = event.coverage;
  round.event.nextStep = event.nextStep;
}

void ResampleMarks::settle(const ResampleSettled& event) {
  for (auto mark = marks_.rbegin(); mark != marks_.rend() && mark->lastCycle() >= event.cycle; ++mark) {
    if (mark->isRound() || mark->event.cycle != event.cycle) continue;
    mark->change = event.smoothedLossChange;
    ++generation_;
  }
}

void ResampleMarks::truncateAfter(std::int64_t step) {
  const bool dropped = dropNewest(marks_, [&](std::int64_t at, std::int64_t) { return at > step; });
  if (!dropped) return;
  ++generation_;
  ++removals_;
  directions_.truncateAfter(step);
  for (const ResampleMark& mark : marks_) {
    auto slice = mark.event.layers.begin();
    if (mark.draws.empty()) {
      for (; slice != mark.event.layers.end(); ++slice) directions_.add(mark.event.step, *slice);
    }
    for (const ResampleMark::Draw& draw : mark.draws) {
      for (std::size_t i = 0; i < draw.layers; ++i) directions_.add(draw.step, *slice++);
    }
  }
}

void ResampleMarks::thinOut() {
  ++removals_;
  // The first draw is where the run begins: it stays.
  std::vector<ResampleMark> kept;
  kept.reserve(marks_.size());
  for (std::size_t i = 0; i < marks_.size(); ++i) {
    if (i >= marks_.size() / 2 || i % 2 == 0) kept.push_back(std::move(marks_[i]));
  }
  marks_ = std::move(kept);
}

}  // namespace rosa::ui
