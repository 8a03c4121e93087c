// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "rosa/expected.h"
#include "rosa/inspect.h"

namespace rosa::service {

[[nodiscard]] Expected<ModelSummary> inspectModel(const std::filesystem::path& folder);

/// Tells by its content what a path is: model folder, run folder, safetensors file, tokenizer or data.
[[nodiscard]] Expected<Inspection> inspectPath(const std::filesystem::path& path);

}  // namespace rosa::service
