// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <c10/core/Device.h>

#include "generate/read_beginnings.h"
#include "model/model.h"
#include "rosa/chat.h"
#include "rosa/expected.h"
#include "text/tokenizer.h"

namespace rosa::generate {

/// Continues one prompt, told piece by piece. An error names an end token that the tokenizer does not have.
[[nodiscard]] Expected<Completion> streamText(model::Model& model, const text::Tokenizer& tokenizer,
                                              const PreparedPrompt& prompt, ReadBeginnings& beginnings,
                                              c10::Device device, const CompletionCallbacks& callbacks);

}  // namespace rosa::generate
