// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "checkpoint/dtype.h"
#include "model/model_config.h"
#include "rosa/services.h"
#include "train/progress.h"
#include "train/session.h"

namespace rosa::service {

/// config.json of the exported model: the base model's, with architecture, labels and tie of what was trained, and
/// `dtype`, that of most written numbers.
[[nodiscard]] nlohmann::ordered_json exportedConfig(const nlohmann::ordered_json& base,
                                                    const model::ModelConfig& config, checkpoint::Dtype dtype);

/// README.md of the exported folder: base model, data, method, settings, metrics.
[[nodiscard]] std::string modelCard(const train::Session& session, const train::Progress& progress, ExportForm as);

}  // namespace rosa::service
