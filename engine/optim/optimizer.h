// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "optim/arena.h"
#include "rosa/config.h"

namespace rosa::optim {

/// Moves the values of an arena's parameters along their gradients. The arena must outlive it. Weight decay is
/// decoupled (value *= 1 - lr·decay), save that Adam adds it to the gradient; it applies to the parameters that say so.
/// A parameter's learning rate is the run's times its `rateFactor`. State lies in the arena: clearing it there makes an
/// optimizer begin anew, and what a checkpoint of the arena holds is all that resuming needs.
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

/// What the configured optimizer keeps for a parameter, for the arena's constructor.
[[nodiscard]] StateRule momentsNeeded(const RunConfig& config);

/// A trained tensor of which no more than this is known yet.
struct TrainedShape {
  std::vector<std::int64_t> shape;
  adapt::Segment segment = adapt::Segment::Adapter;
};
/// Bytes of all state that the configured optimizer will keep for these, in fp32 runs.
[[nodiscard]] std::int64_t momentBytes(const RunConfig& config, std::span<const TrainedShape> trained);

/// The configured one: AdamW (arXiv 1711.05101), Adam (1412.6980), SGD with torch's momentum (buffer = momentum·buffer
/// + gradient), Adafactor (1804.04235), Lion (2302.06675), Muon (with AdamW beside it), or AdamW with 8-bit moments
/// (2110.02861).
[[nodiscard]] std::unique_ptr<Optimizer> makeOptimizer(const RunConfig& config, Arena& arena);

}  // namespace rosa::optim
