// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "base/known_digests.h"
#include "data/token_store.h"
#include "text/chat_template.h"

namespace rosa::train {

/// Where the examples of large data files are kept: $ROSA_HOME/tokens. $ROSA_TOKENS_LIMIT, such as 20GB, says how much
/// may lie there; 0 keeps none. `chatTemplate` may be null.
[[nodiscard]] data::TokenStore keptTokens(const std::filesystem::path& model, const text::ChatTemplate* chatTemplate);

/// The digests of large data files, which lie beside them.
[[nodiscard]] base::KnownDigests keptDigests();

}  // namespace rosa::train
