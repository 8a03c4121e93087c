// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>

#include "rosa/expected.h"
#include "train/session.h"

namespace rosa::service {

/// Writes a run of prompt or prefix tuning into an existing folder as PEFT saves one (peft_type PROMPT_TUNING or
/// PREFIX_TUNING): its `prompt_embeddings`, and beside them each module that is not as in `bare`, the base model with
/// NaN where its files hold nothing: what trained whole, and what the run drew. Returns the tensors' bytes.
[[nodiscard]] Expected<std::int64_t> writePromptAdapter(const train::Session& session, const model::Model& bare,
                                                        const std::filesystem::path& folder);

}  // namespace rosa::service
