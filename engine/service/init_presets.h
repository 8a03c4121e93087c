// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "rosa/expected.h"

namespace rosa::service {

/// config.json of a known shape, with the keys that Transformers writes for it. An unknown name lists the known ones.
[[nodiscard]] Expected<nlohmann::ordered_json> presetConfig(std::string_view arch, std::string_view preset);

}  // namespace rosa::service
