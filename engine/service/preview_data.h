// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "rosa/config.h"
#include "rosa/expected.h"
#include "rosa/preview.h"

namespace rosa::service {

/// The examples made of the first `first + count` rows of the training file, without the first `first`. Opens the
/// model's tokenizer and config.json, no weights.
[[nodiscard]] Expected<DataPreview> previewData(const RunConfig& config, std::int64_t first, std::int64_t count);

}  // namespace rosa::service
