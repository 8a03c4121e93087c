// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/model_config.h"

namespace rosa::model {

/// What a model calls its classes: by id2label, or LABEL_0, LABEL_1, ... as Transformers does where it says nothing.
[[nodiscard]] inline std::vector<std::string> classNames(const ModelConfig& config) {
  std::vector<std::string> names;
  for (std::int64_t id = 0; id < config.labels; ++id) {
    const auto named = config.labelNames.find(id);
    names.push_back(named == config.labelNames.end() ? "LABEL_" + std::to_string(id) : named->second);
  }
  return names;
}

}  // namespace rosa::model
