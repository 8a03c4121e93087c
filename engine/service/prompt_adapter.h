// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>

#include "model/model.h"
#include "rosa/expected.h"
#include "train/session.h"

namespace rosa::service {

/// Writes a run of prompt or prefix tuning into an existing folder as PEFT saves one (peft_type PROMPT_TUNING or
/// PREFIX_TUNING): its `prompt_embeddings`, and what trained whole beside them. Returns the tensors' bytes.
[[nodiscard]] Expected<std::int64_t> writePromptAdapter(const train::Session& session,
                                                        const std::filesystem::path& folder);

/// Puts the PEFT adapter of a folder into its base model: LoRA, DoRA and IA3 into the weights, virtual tokens before
/// the text. An empty path does nothing. An error names the file and what does not fit.
[[nodiscard]] Status applyAdapter(const std::filesystem::path& folder, model::Model& model);

}  // namespace rosa::service
