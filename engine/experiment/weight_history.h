// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

#include "rosa/expected.h"

namespace rosa::experiment {

/// Takes the weight of the layer'th linear layer: fp64 [in, out], with what the method trains merged into it. `name` is
/// its checkpoint name without ".weight".
using WeightVisitor = std::function<void(std::size_t layer, const std::string& name, const at::Tensor& weight)>;

/// Shows all linear layers of a run as they were before training, then as each checkpoint that its folder holds has
/// them. One weight is in memory beside the model at a time, apart from what the visitor keeps.
[[nodiscard]] Status visitWeights(const std::filesystem::path& runDirectory, const WeightVisitor& visit);

}  // namespace rosa::experiment
