// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "model/model_config.h"

namespace rosa::service {

using Facts = std::vector<std::pair<std::string, std::string>>;

/// The settings of a model folder that are in effect, each with the file that it comes from, and as "note" what the
/// folder says that is not obeyed. A tokenizer that cannot be read is told as such.
[[nodiscard]] Facts settingsOf(const std::filesystem::path& folder, const model::ModelConfig& config);

}  // namespace rosa::service
