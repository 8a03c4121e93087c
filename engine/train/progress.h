// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "rosa/events.h"
#include "train/plateau.h"
#include "train/smoothed_loss.h"

namespace rosa::train {

/// An evaluation whose checkpoint is worth keeping.
struct GoodEvaluation {
  std::int64_t step = 0;
  double value = 0;  ///< of the deciding metric
  friend bool operator==(const GoodEvaluation&, const GoodEvaluation&) = default;
};

/// Where a run stands beyond its tensors: everything a checkpoint must hold so that a resumed run goes on as if it had
/// never stopped. Random numbers need no state, they are keyed by seed and step (DESIGN 5).
struct Progress {
  std::int64_t step = 0;           ///< optimizer steps done
  std::int64_t cycle = 0;          ///< resamples done beyond the first draw
  std::int64_t resampledStep = 0;  ///< after which the newest of them took place; 0 = none yet
  double elapsedSeconds = 0;       ///< training time, pauses left out
  double lastLoss = 0;
  double rateFactor = 1;  ///< of the schedule's learning rates: another than 1 since a person asked for another rate
  double bestValue = std::numeric_limits<double>::quiet_NaN();  ///< of the deciding metric; NaN = none yet
  std::int64_t bestStep = -1;
  std::vector<GoodEvaluation> best;           ///< the best ones, best first: as many as keep-best says
  std::int64_t evaluationsWithoutBetter = 0;  ///< since the best one
  NamedValues lastMetrics;                    ///< of the newest evaluation
  SmoothedLoss smoothedLoss;
  Plateau plateau;
};

}  // namespace rosa::train
