// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "model/model_config.h"
#include "rosa/events.h"

namespace rosa::service {

struct MemoryFacts {
  std::int64_t totalParameters = 0;
  std::int64_t trainableParameters = 0;
  std::int64_t momentBytes = 0;     ///< what the optimizer keeps
  bool full = false;                ///< the trainable values are the weights themselves
  std::int64_t tokensPerBatch = 0;  ///< of the longest micro-batch
  std::int64_t keptPerToken = 0;    ///< numbers that the method's backward pass needs beside the model's own
  std::int64_t averageBytes = 0;    ///< of averaged weights (ema)
};

/// What a run will take, in fp32, before anything is opened: parameters are counted, activations follow from the shapes
/// of a block (what its backward pass keeps a token).
[[nodiscard]] MemoryParts estimateMemory(const model::ModelConfig& model, const MemoryFacts& facts);

}  // namespace rosa::service
