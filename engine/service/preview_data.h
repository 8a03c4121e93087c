// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>

#include "rosa/config.h"
#include "rosa/expected.h"
#include "rosa/preview.h"

namespace rosa::service {

class FactsCache;

/// The examples made of the rows [first, first + count) of the training file; those before are read and not cut into
/// tokens, but where the examples' own numbers count: of texts in blocks, and of texts whose tokens are hidden, the
/// examples [first, first + count) of so many rows or lines. Opens the model's tokenizer and config.json, no weights.
[[nodiscard]] Expected<DataPreview> previewData(const RunConfig& config, std::int64_t first, std::int64_t count,
                                                FactsCache& facts, const std::function<bool()>& giveUp = {});

}  // namespace rosa::service
