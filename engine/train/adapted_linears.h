// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "adapt/layer_choice.h"
#include "adapt/method.h"
#include "model/model.h"
#include "rosa/config.h"
#include "rosa/expected.h"
#include "train/start_adapter.h"

/// Which linear layers a run adapts, and how. The model's shapes decide it, so that a plan, whose model lies on the
/// meta device, and a session choose the same. `start` is the adapter that the method goes on with, if there is one.
namespace rosa::train {

/// Places among the model's adaptable matrices, ascending: what `layers` chooses, or the adapter's own; none where the
/// method adapts no layer.
[[nodiscard]] Expected<std::vector<std::size_t>> adaptedLinears(const RunConfig& config, const model::Model& model,
                                                                const std::optional<StartAdapter>& start);

/// The rank setting of each adapted layer: the configuration's `rank`, or that of its last `layer-rank` entry whose
/// pattern matches the layer as in adapt::chooseLayers. An entry that matches none of them is an error that lists what
/// there is.
[[nodiscard]] Expected<std::vector<Rank>> ranksOf(const RunConfig& config, std::span<const adapt::LayerName> layers);

/// The settings of each of these layers: their rank is that of `ranksOf`, or the adapter's.
[[nodiscard]] Expected<std::vector<adapt::MethodSettings>> settingsOf(const RunConfig& config, Form form,
                                                                      const model::Model& model,
                                                                      std::span<const std::size_t> linears,
                                                                      const std::optional<StartAdapter>& start);

}  // namespace rosa::train
