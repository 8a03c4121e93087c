// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "rosa/config.h"

namespace rosa::service {

struct FittingModel {
  std::string description;  ///< of its preset: "Qwen3 0.6B, 596 M parameters"
  std::int64_t bytes = 0;   ///< that training it is expected to take
};

/// The largest published language model among `initPresets` that ROSA of rank 8 on every linear layer trains within so
/// much memory, one text of 512 tokens at a time; none where not even the smallest fits. Frozen weights are kept as
/// asked for, and with bf16 and int8 gradient checkpointing is on.
[[nodiscard]] std::optional<FittingModel> largestFittingModel(std::int64_t bytes, WeightType weights);

}  // namespace rosa::service
