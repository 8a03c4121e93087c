// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <vector>

#include "rosa/expected.h"

namespace rosa::experiment {

/// What a linear layer's weights were: before training, then at each checkpoint.
struct LayerHistory {
  std::string name;                 ///< checkpoint name without ".weight"
  std::vector<at::Tensor> weights;  ///< fp64 [in, out], with what the method trains merged into them
};

/// Of all linear layers of a run, from the checkpoints that its folder holds. All of them are in memory at a time.
[[nodiscard]] Expected<std::vector<LayerHistory>> readWeightHistory(const std::filesystem::path& runDirectory);

}  // namespace rosa::experiment
