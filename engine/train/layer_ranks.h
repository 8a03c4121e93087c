// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <vector>

#include "adapt/layer_choice.h"
#include "rosa/config.h"
#include "rosa/expected.h"

namespace rosa::train {

/// The rank setting of each adapted layer: the configuration's `rank`, or that of its last `layer-rank` entry whose
/// pattern matches the layer as in adapt::chooseLayers. An entry that matches none of them is an error that lists what
/// there is.
[[nodiscard]] Expected<std::vector<Rank>> ranksOf(const RunConfig& config, std::span<const adapt::LayerName> layers);

}  // namespace rosa::train
