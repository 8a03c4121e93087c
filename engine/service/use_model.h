// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rosa/expected.h"
#include "rosa/generate.h"
#include "rosa/services.h"

/// What one does with a finished model, and how a random one is made.
namespace rosa::service {

[[nodiscard]] Expected<GenerationReport> generateTexts(const GenerationRequest& request,
                                                       const GenerationCallbacks& callbacks);
/// Writes random weights of a preset's shape, and the tokenizer's files if a folder is given.
[[nodiscard]] Status initialiseModel(const InitRequest& request);

}  // namespace rosa::service
