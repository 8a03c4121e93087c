// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "optim/arena.h"
#include "rosa/config.h"

namespace rosa::optim {

/// Moves the values of an arena's parameters along their gradients. The arena must outlive it. Weight decay is
/// decoupled (value *= 1 - lr·decay) and applies to the parameters that say so.
class Optimizer {
 public:
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  virtual ~Optimizer() = default;

  /// One step at this learning rate. Gradients are read, not cleared.
  virtual void step(double learningRate) = 0;

 protected:
  Optimizer() = default;
};

/// Moments a parameter that the configured optimizer needs, for the arena's constructor.
[[nodiscard]] int momentsNeeded(const RunConfig& config);

/// AdamW (arXiv 1711.05101) or SGD with torch's momentum (buffer = momentum·buffer + gradient), as configured.
[[nodiscard]] std::unique_ptr<Optimizer> makeOptimizer(const RunConfig& config, Arena& arena);

}  // namespace rosa::optim
