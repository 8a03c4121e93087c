// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "plots/direction_history.h"
#include "rosa/events.h"

namespace rosa::ui {

/// A resample, or a round of a staggered one, whose layers are drawn one after another.
struct ResampleMark {
  /// One event of a round.
  struct Draw {
    std::int64_t step = 0, cycle = 0;
    double milliseconds = 0, coverage = 0;
    std::int64_t nextStep = 0;
    std::size_t layers = 0;  ///< how many of `event.layers` it brought
  };

  ResampleCompleted event;       ///< of a round: its first step and cycle, all its layers, its time in all
  std::optional<double> change;  ///< of the smoothed loss over the next 20 steps, once known; none of a round
  std::vector<Draw> draws = {};  ///< of a round, in order; empty for a single resample

  [[nodiscard]] bool isRound() const { return draws.size() > 1; }
  [[nodiscard]] std::int64_t lastStep() const { return draws.empty() ? event.step : draws.back().step; }
  [[nodiscard]] std::int64_t lastCycle() const { return draws.empty() ? event.cycle : draws.back().cycle; }
};

/// The resamples of a run for plots, list and map: at most kMostMarks of them however long the run. A round of a
/// staggered resample is one mark; when there are too many, every second one of the older half goes.
class ResampleMarks {
 public:
  static constexpr std::size_t kMostMarks = 512;

  /// `every`: steps between two resamples of a layer; 0 = not known. Needed to tell rounds apart.
  void setInterval(std::int64_t every) { every_ = every; }
  void add(const ResampleCompleted& event);
  void settle(const ResampleSettled& event);
  /// Forgets all draws after `step`: a resumed run makes them anew.
  void truncateAfter(std::int64_t step);

  [[nodiscard]] const std::vector<ResampleMark>& marks() const { return marks_; }
  [[nodiscard]] const DirectionHistory& directions() const { return directions_; }
  /// Counts up with every change.
  [[nodiscard]] std::int64_t generation() const { return generation_; }
  /// Counts up when marks went; otherwise some were only added, or the newest ones changed.
  [[nodiscard]] std::int64_t removals() const { return removals_; }

 private:
  [[nodiscard]] bool joins(const ResampleCompleted& event) const;
  void thinOut();

  std::vector<ResampleMark> marks_;
  DirectionHistory directions_;
  std::int64_t every_ = 0;
  std::int64_t generation_ = 0;
  std::int64_t removals_ = 0;
};

}  // namespace rosa::ui
