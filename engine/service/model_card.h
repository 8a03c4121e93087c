// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "train/progress.h"
#include "train/session.h"

namespace rosa::service {

/// config.json of the exported model: the base model's, with architecture, dtype and labels of what was trained.
[[nodiscard]] nlohmann::ordered_json exportedConfig(const nlohmann::ordered_json& base, const train::Session& session);

/// README.md of the exported folder: base model, data, method, settings, metrics.
[[nodiscard]] std::string modelCard(const train::Session& session, const train::Progress& progress);

}  // namespace rosa::service
