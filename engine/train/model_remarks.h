// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/model_folder.h"
#include "model/model.h"

namespace rosa::train {

/// Tensors of the files that the model has no use for, in the files' order; buffers that older versions saved are left
/// out, and an output layer that is tied to the token table.
[[nodiscard]] std::vector<std::string> unusedTensors(const checkpoint::ModelFolder& files, const model::Model& model);

/// The same as one sentence for who trains it; nothing where all are used or the folder cannot be opened.
[[nodiscard]] std::optional<std::string> remarkOnUnused(const std::filesystem::path& folder, const model::Model& model);

/// What was remarked of config.json, without the tie of an output layer that a model with this head does not have.
[[nodiscard]] std::vector<std::string> remarksOf(const model::ModelConfig& config, model::Head head);

}  // namespace rosa::train
