// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "rosa/expected.h"

namespace rosa::service {

/// Writes as `file` what makes the folder `whole` out of the model folder `base` (checkpoint/delta_manifest.h);
/// `applyDelta` of rosa/exported.h is the way back. A tensor that the base holds in another dtype is told from what it
/// rounds to in that of `whole`.
[[nodiscard]] Status writeDelta(const std::filesystem::path& base, const std::filesystem::path& whole,
                                const std::filesystem::path& file);

}  // namespace rosa::service
