// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/model.h"
#include "rosa/config.h"
#include "rosa/expected.h"

/// Which of a model's stored tensors train whole beside the adapted layers; a plan and a session count the same. The
/// model may lie on the meta device.
namespace rosa::train {

/// The tensors of the modules that `train-also` names, linear weights included, in the model's order. An entry that
/// matches no module is an error that lists what there is.
[[nodiscard]] Expected<std::vector<std::string>> trainedAlso(const RunConfig& config, const model::Model& model);

/// All tensors that train whole, linear weights apart: what the method asks for (every bias, all of a fully trained
/// model), biases of adapted layers, the head, and those of `also`. Each once, in the model's order.
[[nodiscard]] std::vector<std::string> trainedTensors(const RunConfig& config, const model::Model& model,
                                                      std::span<const std::string> adaptedLayers,
                                                      std::span<const std::string> also);

/// What both say where nothing would train.
[[nodiscard]] Error nothingTrains(const RunConfig& config);

}  // namespace rosa::train
