// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "optim/arena.h"
#include "rosa/config.h"

namespace rosa::optim {

struct AdamSettings {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weightDecay = 0;
  bool coupled = false;  ///< decay is added to the gradient, as in Adam; otherwise it shrinks the value, as in AdamW
};

[[nodiscard]] AdamSettings adamSettings(const RunConfig& config);

/// Adam or AdamW on those of the stretches that have two moments, whose steps are counted already.
void stepAdam(const std::vector<Stretch>& stretches, const AdamSettings& settings, double learningRate);

}  // namespace rosa::optim
